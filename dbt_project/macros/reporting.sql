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
    {{
        join_as_of(
            ref("int_reporting_rates"),
            "fx",
            key="fx.currency = " ~ relation ~ "." ~ currency,
            day=relation ~ "." ~ day,
            since="fx.rate_date",
        )
    }}
    left join {{ ref("currencies") }} as own on own.currency = {{ relation }}.{{ currency }}
    left join
        {{ ref("currencies") }} as reporting
        on reporting.currency = '{{ var("reporting_currency") }}'
{% endmacro %}

{#
  The last row of a key that is not after a day, if there is one. As a range it would be looked for
  among all rows of the key, which for rates of 25 years are thousands.
#}
{% macro join_as_of(relation, alias, key, day, since) %}
    {{ return(adapter.dispatch("join_as_of")(relation, alias, key, day, since)) }}
{% endmacro %}

{% macro duckdb__join_as_of(relation, alias, key, day, since) %}
    asof left join {{ relation }} as {{ alias }} on {{ key }} and {{ day }} >= {{ since }}
{% endmacro %}
