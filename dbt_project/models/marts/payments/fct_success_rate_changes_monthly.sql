-- Why the deduplicated success rate is another than in the month before: Kitagawa's decomposition,
-- of segments, then of processors within a segment, then of what stops a payment (docs/metrics.md).
-- All whole numbers: shares and rates in parts of a million million, rounded once, so that the
-- result depends on no order and overflows at no size. `z` is the month before, `y` the month.
{% set unit = "1000000000000" %}
{% set segment = ["method", "card_brand", "funding", "issuer_country"] %}
{% set keys = segment | join(", ") %}
{% set effects = {
    "technical": "payments_failed_first",
    "issuer": "payments_declined_first",
    "risk": "payments_stopped_first",
} %}
with
    cells as (
        select
            month,
            {{ keys }},
            processor,
            sum(payments) as n,
            sum(payments_authorised) as authorised,
            sum(payments_authorised - payments_authorised_first) as retry
            {% for effect, column in effects.items() %}
                , - sum({{ column }}) as {{ effect }}
            {% endfor %}
        from {{ ref("fct_payment_attempts_monthly") }}
        where payments > 0
        group by month, {{ keys }}, processor
    ),

    months as (
        select
            month,
            lag(month) over (order by month) as previous_month,
            cast(sum(n) as bigint) as payments,
            cast(sum(authorised) as bigint) as payments_authorised
        from cells
        group by month
    ),

    pairs as (
        select y.*, z.payments as previous_payments, z.payments_authorised as previous_authorised
        from months as y
        inner join months as z on y.previous_month = z.month
    ),

    -- Every cell of either month, with the counts of both.
    sides as (
        select
            p.month,
            1 as is_y,
            c.{{ segment | join(", c.") }},
            c.processor,
            c.n,
            c.authorised,
            c.retry
            {% for effect in effects %}, c.{{ effect }}{% endfor %}
        from pairs as p
        inner join cells as c on p.month = c.month
        union all
        select
            p.month,
            0,
            c.{{ segment | join(", c.") }},
            c.processor,
            c.n,
            c.authorised,
            c.retry
            {% for effect in effects %}, c.{{ effect }}{% endfor %}
        from pairs as p
        inner join cells as c on p.previous_month = c.month
    ),

    compared as (
        select
            month,
            {{ keys }},
            processor
            {% for count in ["n", "authorised", "retry"] + effects.keys() | list %}
                ,
                cast(sum(case when is_y = 0 then {{ count }} else 0 end) as bigint) as z_{{ count }}
                ,
                cast(sum(case when is_y = 1 then {{ count }} else 0 end) as bigint) as y_{{ count }}
            {% endfor %}
        from sides
        group by month, {{ keys }}, processor
    ),

    weighed as (
        select
            b.*,
            p.previous_payments,
            p.payments,
            sum(b.z_n) over (in_segment) as z_segment,
            sum(b.y_n) over (in_segment) as y_segment,
            sum(b.z_authorised) over (in_segment) as z_segment_authorised,
            sum(b.y_authorised) over (in_segment) as y_segment_authorised
        from compared as b
        inner join pairs as p on b.month = p.month
        window in_segment as (partition by b.month, {{ segment | join(", ") }})
    ),

    -- Where a month has no payment, its rate is taken to be the other's, so that the whole
    -- difference is one of shares: of segments, or of processors within one.
    rated as (
        select
            weighed.*,
            {{ share_of("z_segment", "previous_payments") }} as z_share,
            {{ share_of("y_segment", "payments") }} as y_share,
            coalesce(
                {{ share_of("z_segment_authorised", "z_segment") }},
                {{ share_of("y_segment_authorised", "y_segment") }}
            ) as z_segment_rate,
            coalesce(
                {{ share_of("y_segment_authorised", "y_segment") }},
                {{ share_of("z_segment_authorised", "z_segment") }}
            ) as y_segment_rate,
            coalesce(
                {{ share_of("z_n", "z_segment") }}, {{ share_of("y_n", "y_segment") }}
            ) as z_routed,
            coalesce(
                {{ share_of("y_n", "y_segment") }}, {{ share_of("z_n", "z_segment") }}
            ) as y_routed
            {% for count in ["authorised", "retry"] + effects.keys() | list %}
                ,
                coalesce(
                    {{ share_of("z_" ~ count, "z_n") }}, {{ share_of("y_" ~ count, "y_n") }}
                ) as z_{{ count }}_rate,
                coalesce(
                    {{ share_of("y_" ~ count, "y_n") }}, {{ share_of("z_" ~ count, "z_n") }}
                ) as y_{{ count }}_rate
            {% endfor %},
            row_number() over (in_segment order by processor) as place_in_segment
        from weighed
        window in_segment as (partition by month, {{ keys }})
    ),

    -- Each effect in parts of a million million. Halves are kept whole until here.
    summed as (
        select
            month,
            {{
                divide_rounded(
                    "sum(case when place_in_segment = 1 then (y_share - z_share) * (y_segment_rate + z_segment_rate) else 0 end)",
                    "2 * cast(" ~ unit ~ " as hugeint)",
                )
            }}
            as mix,
            {{
                divide_rounded(
                    "sum((y_share + z_share) * (y_routed - z_routed) * (y_authorised_rate + z_authorised_rate))",
                    "4 * cast(" ~ unit ~ " as hugeint) * " ~ unit,
                )
            }}
            as routing
            {% for effect in effects.keys() | list + ["retry"] %}
                ,
                {{
                    divide_rounded(
                        "sum((y_share + z_share) * (y_routed + z_routed) * (y_"
                        ~ effect
                        ~ "_rate - z_"
                        ~ effect
                        ~ "_rate))",
                        "4 * cast(" ~ unit ~ " as hugeint) * " ~ unit,
                    )
                }} as {{ effect }}
            {% endfor %}
        from rated
        group by month
    ),

    -- The rate after one effect more, in millionths. The last one is the rate itself, so the
    -- effects, which are the differences, add up to the change exactly.
    stepped as (
        select
            p.*,
            {{ ratio_ppm("p.previous_authorised", "p.previous_payments") }} as rate_0,
            {% set ns = namespace(sum=share_of("p.previous_authorised", "p.previous_payments")) %}
            {% for effect in ["mix", "routing"] + effects.keys() | list %}
                {% set ns.sum = ns.sum ~ " + s." ~ effect %}
                {{ divide_rounded("(" ~ ns.sum ~ ")", "1000000") }} as rate_{{ loop.index }},
            {% endfor %}
            {{ ratio_ppm("p.payments_authorised", "p.payments") }} as rate_6
        from pairs as p
        inner join summed as s on p.month = s.month
    )

select
    t.month,
    t.previous_month,
    t.payments,
    t.payments_authorised,
    t.previous_payments,
    t.previous_authorised as previous_payments_authorised,
    t.rate_0 as previous_rate_ppm,
    t.rate_6 as rate_ppm,
    t.rate_6 - t.rate_0 as change_ppm,
    t.rate_1 - t.rate_0 as mix_effect_ppm,
    t.rate_2 - t.rate_1 as routing_effect_ppm,
    t.rate_3 - t.rate_2 as processor_effect_ppm,
    t.rate_4 - t.rate_3 as issuer_effect_ppm,
    t.rate_5 - t.rate_4 as risk_effect_ppm,
    t.rate_6 - t.rate_5 as retry_effect_ppm,
    r.is_mature
from stepped as t
inner join {{ ref("int_retry_months") }} as r on t.month = r.month
