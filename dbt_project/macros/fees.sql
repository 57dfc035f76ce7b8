{# What a contract's price may depend on. #}
{% macro price_attributes() %}
    {{
        return(
            [
                "processor",
                "line_kind",
                "currency",
                "card_brand",
                "funding",
                "issuer_country",
                "lacks_payment",
                "priced_from",
            ]
        )
    }}
{% endmacro %}

{# What is charged on a settlement line; the network's own fee is billed later. #}
{% macro fee_components() %}
    {{ return(["interchange", "scheme_fee", "markup", "fixed_fee"]) }}
{% endmacro %}
