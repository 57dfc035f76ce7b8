-- Which pairs of items the passes without a key have weighed, and what became of each: the part of
-- a match's certificate that says what else it could have been.
with
    netting as (
        select
            leg,
            'netting' as pass,
            payout_key as left_key,
            entry_key as right_key,
            case verdict when 'unique' then 'taken' else 'ambiguous' end as outcome,
            cast(null as bigint) as probability_ppm
        from {{ ref("res_netting_choices") }}
        where payout_key is not null
    ),

    fuzzy as (
        select
            leg,
            'fuzzy' as pass,
            left_id as left_key,
            right_id as right_key,
            case status when 'matched' then 'taken' else status end as outcome,
            probability_ppm
        from {{ ref("res_fuzzy") }}
        union all
        select leg, 'fuzzy', left_key, right_key, 'rejected', max(probability_ppm)
        from
            (
                select
                    leg,
                    left_id as left_key,
                    runner_up_right_id as right_key,
                    runner_up_right_ppm as probability_ppm
                from {{ ref("res_fuzzy") }}
                where runner_up_right_id is not null
                union all
                select leg, runner_up_left_id, right_id, runner_up_left_ppm
                from {{ ref("res_fuzzy") }}
                where runner_up_left_id is not null
            ) as runners_up
        group by leg, left_key, right_key
    ),

    candidates as (
        select *
        from netting
        union all
        select *
        from fuzzy
    )

select
    leg,
    pass,
    {{ hash_id(["leg", "left_key"]) }} as left_item_id,
    {{ hash_id(["leg", "right_key"]) }} as right_item_id,
    left_key,
    right_key,
    outcome,
    probability_ppm
from candidates
