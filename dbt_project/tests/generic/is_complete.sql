{# Every row has a value in each of the columns: one scan, where a test a column would be as many. #}
{% test is_complete(model, columns) %}
    select *
    from {{ model }}
    where {% for column in columns %} {{ column }} is null {{ "or" if not loop.last }} {% endfor %}
{% endtest %}
