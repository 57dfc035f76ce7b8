{#
  An amount in minor units of the reporting currency, rounded half away from zero; null where no
  rate is known. Needs the joins of reporting_joins. The reporting currency itself needs no rate.
#}
{% macro in_reporting(amount, currency) -%}
    case
        when {{ currency }} = '{{ var("reporting_currency") }}'
        then {{ amount }}
        else
            {{
                divide_rounded(
                    "cast("
                    ~ amount
                    ~ " as hugeint) * fx.rate_billionths * reporting.minor_per_major",
                    "cast(own.minor_per_major as hugeint) * 1000000000",
                )
            }}
    end
{%- endmacro %}

{# The rate of the day, or the last one published before it. #}
{% macro reporting_joins(relation, currency, day) %}
    left join
        {{ ref("int_reporting_rates") }} as fx
        on fx.currency = {{ relation }}.{{ currency }}
        and {{ relation }}.{{ day }} >= fx.rate_date
        and {{ relation }}.{{ day }} < fx.next_rate_date
    left join {{ ref("currencies") }} as own on own.currency = {{ relation }}.{{ currency }}
    left join
        {{ ref("currencies") }} as reporting
        on reporting.currency = '{{ var("reporting_currency") }}'
{% endmacro %}
