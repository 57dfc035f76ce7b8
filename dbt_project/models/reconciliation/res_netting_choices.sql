-- The netting pass, on what is left after the merge by key: an entry that names no payout may be
-- the sum of several. It takes them only if exactly one choice among the payouts of its window
-- comes to its amount, and no choice of another entry wants one of them; otherwise it is shown as
-- ambiguous and stays open. The result is a function of the open items alone, in any order.
--
-- A row is an entry and a payout that is in some choice that comes to its amount; an entry with
-- none has one row without a payout.
with recursive
    open_items as (
        {% for leg in legs() if leg.has_netting %}
            select
                leg,
                match_key,
                processor,
                lowest_currency as currency,
                left_count,
                left_minor,
                right_minor,
                left_date,
                right_date
            from {{ ref("leg_" ~ leg.name) }}
            where
                (left_count = 0 or right_count = 0)
                and left_minor <> right_minor
                and lowest_currency = highest_currency
                {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    entries as (
        select
            i.leg,
            i.match_key as entry_key,
            i.processor,
            i.currency,
            i.right_minor as amount_minor,
            i.right_date as booked_on,
            {{ policy("netting_window_days") }} as window_days,
            {{ policy("netting_candidates") }} as most_candidates
        from open_items as i {{ policy_joins("i", "right_date") }}
        where i.left_count = 0 and i.match_key like 'record|%'
    ),

    candidates as (
        select
            e.leg,
            e.entry_key,
            p.match_key as payout_key,
            p.left_minor as amount_minor,
            row_number() over (partition by e.leg, e.entry_key order by p.match_key) as place,
            count(*) over (partition by e.leg, e.entry_key) as candidate_count
        from entries as e
        inner join
            open_items as p
            on e.leg = p.leg
            and e.processor = p.processor
            and e.currency = p.currency
            and p.left_count > 0
            and p.left_date <= e.booked_on
            and {{ add_days("p.left_date", "e.window_days") }} >= e.booked_on
        where e.window_days > 0
    ),

    counted as (
        select
            e.leg,
            e.entry_key,
            e.amount_minor,
            cast(coalesce(max(c.candidate_count), 0) as integer) as candidate_count,
            case when max(c.candidate_count) > e.most_candidates then 1 else 0 end as too_many
        from entries as e
        left join candidates as c on e.leg = c.leg and e.entry_key = c.entry_key
        where e.window_days > 0
        group by e.leg, e.entry_key, e.amount_minor, e.most_candidates
    ),

    -- The candidates are dealt into two halves and each half is summed in every way: two times 256
    -- sums to be joined, where all ways of sixteen at once would be 65,536.
    dealt as (
        select
            c.leg,
            c.entry_key,
            c.place,
            c.amount_minor,
            c.place % 2 as half,
            {{ divide_whole("c.place + 1", "2") }} as turn
        from candidates as c
        inner join counted as n on c.leg = n.leg and c.entry_key = n.entry_key and n.too_many = 0
    ),

    sums as (
        select
            n.leg,
            n.entry_key,
            h.half,
            cast({{ divide_whole("n.candidate_count + h.half", "2") }} as bigint) as turns_left,
            cast(0 as bigint) as turn,
            cast(0 as bigint) as total_minor,
            cast('|' as varchar) as taken
        from counted as n
        cross join
            (
                select 0 as half
                union all
                select 1 as half
            ) as h
        where n.candidate_count > 0 and n.too_many = 0
        union all
        select
            s.leg,
            s.entry_key,
            s.half,
            s.turns_left - 1,
            s.turn + 1,
            s.total_minor + case when w.is_taken = 1 then d.amount_minor else 0 end,
            s.taken || case when w.is_taken = 1 then cast(d.place as varchar) || '|' else '' end
        from sums as s
        inner join
            dealt as d
            on s.leg = d.leg
            and s.entry_key = d.entry_key
            and s.half = d.half
            and s.turn + 1 = d.turn
        cross join
            (
                select 0 as is_taken
                union all
                select 1 as is_taken
            ) as w
    ),

    solutions as (
        select n.leg, n.entry_key, odd.taken as odd_taken, even.taken as even_taken
        from counted as n
        inner join
            sums as odd
            on n.leg = odd.leg
            and n.entry_key = odd.entry_key
            and odd.half = 1
            and odd.turns_left = 0
        inner join
            sums as even
            on n.leg = even.leg
            and n.entry_key = even.entry_key
            and even.half = 0
            and even.turns_left = 0
            and even.total_minor = n.amount_minor - odd.total_minor
    ),

    -- Many solutions share their halves, which are at most 512.
    taken_halves as (
        select leg, entry_key, odd_taken as taken
        from solutions
        union
        select leg, entry_key, even_taken
        from solutions
    ),

    wanted as (
        select distinct t.leg, t.entry_key, c.payout_key
        from taken_halves as t
        inner join
            candidates as c
            on t.leg = c.leg
            and t.entry_key = c.entry_key
            and t.taken like '%|' || cast(c.place as varchar) || '|%'
    ),

    claims as (
        select leg, payout_key, cast(count(*) as integer) as claim_count
        from wanted
        group by leg, payout_key
    ),

    contested as (
        select w.leg, w.entry_key, max(c.claim_count) as claim_count
        from wanted as w
        inner join claims as c on w.leg = c.leg and w.payout_key = c.payout_key
        group by w.leg, w.entry_key
    ),

    solved as (
        select leg, entry_key, count(*) as solution_count from solutions group by leg, entry_key
    ),

    judged as (
        select
            n.leg,
            n.entry_key,
            n.candidate_count,
            case
                when n.too_many = 1
                then 'ambiguous'
                when s.solution_count is null
                then 'none'
                when s.solution_count = 1 and t.claim_count = 1
                then 'unique'
                else 'ambiguous'
            end as verdict
        from counted as n
        left join solved as s on n.leg = s.leg and n.entry_key = s.entry_key
        left join contested as t on n.leg = t.leg and n.entry_key = t.entry_key
    )

select j.leg, j.entry_key, w.payout_key, j.candidate_count, c.claim_count, j.verdict
from judged as j
left join wanted as w on j.leg = w.leg and j.entry_key = w.entry_key
left join claims as c on w.leg = c.leg and w.payout_key = c.payout_key
