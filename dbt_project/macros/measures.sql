{# What int_daily_amounts measures, in the order of the columns of fct_revenue_monthly. #}
{% macro revenue_measures() %}
    {{
        return(
            [
                "gross_volume",
                "refunds",
                "disputes",
                "gross_revenue",
                "interchange",
                "scheme_fee",
                "markup",
                "fixed_fee",
                "other_fees",
                "network_fee",
                "settled_gross",
                "fee_refunds",
            ]
        )
    }}
{% endmacro %}
