-- From any definition of the success rate to any other, in steps that add up exactly: each step is
-- the difference of two published rates, so what lies between cancels out.
{% set definitions = success_definitions() %}
with
    by_processor as (
        select month, processor, {{ summed_measures() }}
        from {{ ref("fct_success_rates_monthly") }}
        group by 1, 2
        union all
        select month, '*', {{ summed_measures() }}
        from {{ ref("fct_success_rates_monthly") }}
        group by 1
    ),

    rates as (
        {% for d in definitions %}
            select
                month,
                processor,
                '{{ d.name }}' as definition,
                {{ d.numerator }} as numerator,
                {{ d.denominator }} as denominator,
                {{ ratio_ppm(d.numerator, d.denominator) }} as rate_ppm
            from by_processor {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    steps as (
        {% for start in definitions %}
            {% for end in definitions if end.name != start.name %}
                {% for step in definition_path(start.name, end.name) %}
                    select
                        '{{ start.name }}' as from_definition,
                        '{{ end.name }}' as to_definition,
                        {{ loop.index }} as step_number,
                        '{{ step.step }}' as step,
                        '{{ step.before }}' as definition_before,
                        '{{ step.after }}' as definition_after
                        {{ "union all" if not loop.last }}
                    {% endfor %} {{ "union all" if not loop.last }}
                {% endfor %} {{ "union all" if not loop.last }}
        {% endfor %}
    )

select
    b.month,
    b.processor,
    s.from_definition,
    s.to_definition,
    s.step_number,
    s.step,
    s.definition_before,
    s.definition_after,
    b.numerator as numerator_before,
    b.denominator as denominator_before,
    a.numerator as numerator_after,
    a.denominator as denominator_after,
    b.rate_ppm as rate_before_ppm,
    a.rate_ppm as rate_after_ppm,
    a.rate_ppm - b.rate_ppm as step_ppm
from steps as s
inner join rates as b on s.definition_before = b.definition
inner join
    rates as a
    on s.definition_after = a.definition
    and a.month = b.month
    and a.processor = b.processor
