{# The columns identify a row: no two rows share them, and a fan-out upstream would show here. #}
{% test is_grain(model, columns) %}
    select {{ columns | join(", ") }}, count(*) as n
    from {{ model }}
    group by {{ columns | join(", ") }}
    having count(*) > 1
{% endtest %}
