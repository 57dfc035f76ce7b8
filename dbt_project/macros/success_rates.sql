{# Whether an attempt is more than created. #}
{% macro is_made(status) -%} case when {{ status }} = 'created' then 0 else 1 end {%- endmacro %}

{# Whether an attempt is one to pay: its request was valid. #}
{% macro is_valid(status) -%}
    case when {{ status }} in ('created', 'invalid') then 0 else 1 end
{%- endmacro %}

{# Whether the issuer said yes to an attempt. #}
{% macro is_authorised(status) -%}
    case when {{ status }} in ('authorised', 'captured') then 1 else 0 end
{%- endmacro %}

{#
  The success rates, each a numerator and a denominator of attempt_measures(), and how it comes
  from another one: every definition but the first is reached from its parent in one step, so there
  is one way from any definition to any other.
#}
{% macro success_definitions() %}
    {{
        return(
            [
                {
                    "name": "payment_success_rate",
                    "numerator": "authorised_attempts",
                    "denominator": "valid_attempts",
                },
                {
                    "name": "authorisation_rate",
                    "numerator": "authorised_attempts",
                    "denominator": "submitted_attempts",
                    "parent": "payment_success_rate",
                    "step": "blocked_and_not_authenticated",
                },
                {
                    "name": "raw_success_rate",
                    "numerator": "authorised_attempts",
                    "denominator": "attempts",
                    "parent": "payment_success_rate",
                    "step": "invalid_requests",
                },
                {
                    "name": "first_attempt_rate",
                    "numerator": "payments_authorised_first",
                    "denominator": "payments",
                    "parent": "payment_success_rate",
                    "step": "later_attempts",
                },
                {
                    "name": "deduplicated_success_rate",
                    "numerator": "payments_authorised",
                    "denominator": "payments",
                    "parent": "first_attempt_rate",
                    "step": "retry_uplift",
                },
                {
                    "name": "conversion",
                    "numerator": "payments_authorised",
                    "denominator": "payments_created",
                    "parent": "deduplicated_success_rate",
                    "step": "not_confirmed",
                },
            ]
        )
    }}
{% endmacro %}

{# A definition and those that it comes from, up to the first. #}
{% macro definition_ancestry(name) %}
    {% set found = [] %}
    {% set next = [name] %}
    {% for _ in success_definitions() %}
        {% for definition in success_definitions() if definition.name == next[-1] %}
            {% do found.append(definition) %}
        {% endfor %}
        {% do next.append(found[-1].parent) %}
    {% endfor %}
    {{ return(found | unique(attribute="name") | list) }}
{% endmacro %}

{#
  The steps from one definition to another: up to the nearest one that both come from, then down.
  A step has the name of what changes, and the definitions before and after it.
#}
{% macro definition_path(start, end) %}
    {% set up = definition_ancestry(start) %}
    {% set down = definition_ancestry(end) %}
    {% set upwards, downwards = [], [] %}
    {% for d in up if d.name not in down | map(attribute="name") %}
        {% do upwards.append({"step": d.step, "before": d.name, "after": d.parent}) %}
    {% endfor %}
    {% for d in down if d.name not in up | map(attribute="name") %}
        {% do downwards.append({"step": d.step, "before": d.parent, "after": d.name}) %}
    {% endfor %}
    {{ return(upwards + downwards | reverse | list) }}
{% endmacro %}

{#
  Counts of int_attempts under the names by which every mart of success rates has them. All add up.
  A payment counts where its first attempt is.
#}
{% macro attempt_measures() %}
    {% for flag, name in [
        ("is_made", "attempts"),
        ("is_valid", "valid_attempts"),
        ("is_submitted", "submitted_attempts"),
        ("is_authorised", "authorised_attempts"),
        ("is_captured", "captured_attempts"),
        ("opens_payment", "payments_created"),
        ("is_first", "payments"),
        ("is_first * is_authorised", "payments_authorised_first"),
        ("is_first * payment_authorised", "payments_authorised"),
        ("is_first * fails_by_risk", "payments_stopped_first"),
        ("is_first * fails_by_issuer", "payments_declined_first"),
        ("is_first * fails_by_processor", "payments_failed_first"),
    ] %}
        cast(sum({{ flag }}) as bigint) as {{ name }},
    {% endfor %}
    {{ sum_minor("is_authorised * amount_reporting_minor") }} as authorised_reporting_minor,
    {{ sum_minor("is_authorised * captured_reporting_minor") }} as captured_reporting_minor,
    cast(
        sum(case when amount_reporting_minor is null then is_made else 0 end) as bigint
    ) as attempts_without_rate
{% endmacro %}

{# The counts and sums of attempt_measures() of rows that have them already. #}
{% macro summed_measures() %}
    {% for name in [
        "attempts",
        "valid_attempts",
        "submitted_attempts",
        "authorised_attempts",
        "captured_attempts",
        "payments_created",
        "payments",
        "payments_authorised_first",
        "payments_authorised",
        "payments_stopped_first",
        "payments_declined_first",
        "payments_failed_first",
        "authorised_reporting_minor",
        "captured_reporting_minor",
        "attempts_without_rate",
    ] %}
        cast(sum({{ name }}) as bigint) as {{ name }} {{ "," if not loop.last }}
    {% endfor %}
{% endmacro %}

{# A ratio in parts per million, rounded half away from zero; null where there is nothing. #}
{% macro ratio_ppm(numerator, denominator) -%}
    {{ divide_rounded("cast(" ~ numerator ~ " as hugeint) * 1000000", denominator) }}
{%- endmacro %}

{# A share in parts of a million million, in a type in which two of them can be multiplied. #}
{% macro share_of(part, whole) -%}
    cast({{ divide_rounded("cast(" ~ part ~ " as hugeint) * 1000000000000", whole) }} as hugeint)
{%- endmacro %}

{#
  A bound of the 95% Wilson score interval of a rate, in parts per million, rounded outwards; null
  without trials. `sign` is - for the lower bound and + for the upper one. The engine's square root
  is inexact, but the same number gives the same root wherever it is drawn.
#}
{% macro wilson_ppm(successes, trials, sign) -%}
    case
        when {{ trials }} > 0
        then
            least(
                1000000,
                greatest(
                    0,
                    cast(
                        {{ "floor" if sign == "-" else "ceil" }} (
                            1000000e0 * (
                                {{ successes }} + 1.920729e0
                                {{ sign }} 1.959964e0 * sqrt(
                                    {{ successes }}
                                    * ({{ trials }} - {{ successes }})
                                    * 1e0
                                    / {{ trials }}
                                    + 0.960365e0
                                )
                            )
                            / ({{ trials }} + 3.841459e0)
                        ) as bigint
                    )
                )
            )
    end
{%- endmacro %}

{# Whole seconds from one instant to a later one. #}
{% macro seconds_between(earlier, later) %}
    {{ return(adapter.dispatch("seconds_between")(earlier, later)) }}
{% endmacro %}
{% macro duckdb__seconds_between(earlier, later) -%}
    divide(epoch_us({{ later }}) - epoch_us({{ earlier }}), 1000000)
{%- endmacro %}

{# How a card network is called whoever writes it. #}
{% macro card_network(brand) -%}
    case
        lower(trim({{ brand }}))
        when 'mc'
        then 'mastercard'
        else coalesce(lower(trim({{ brand }})), 'none')
    end
{%- endmacro %}

{# An amount in the reporting currency at the rate of its day; null where no rate is known. #}
{% macro at_rate(amount, rates) -%}
    {{
        divide_rounded(
            "cast(" ~ amount ~ " as hugeint) * " ~ rates ~ ".rate_numerator",
            rates ~ ".rate_denominator",
        )
    }}
{%- endmacro %}
