-- Every cut by itself and by day. All cuts at once would be about as many rows as there are
-- attempts;
-- one at a time they are as many a day as the cuts have values, whatever the volume.
{% set cuts = [
    "processor",
    "method",
    "card_brand",
    "funding",
    "issuer_country",
    "currency",
    "amount_band",
] %}
{% set columns = ["created_date"] + cuts + ["merchant", "created_hour"] %}
with
    merchants as (
        select
            month,
            merchant_id,
            -- A rate of fewer attempts than that says nothing, and a merchant with one payment a
            -- month would make the table as long as the payments are many.
            case when count(*) >= 30 then merchant_id else 'others' end as merchant
        from {{ ref("int_attempts") }}
        group by 1, 2
    ),

    attempts as (
        select a.*, m.merchant
        from {{ ref("int_attempts") }} as a
        inner join merchants as m on a.month = m.month and a.merchant_id = m.merchant_id
    )

{% for cut in cuts + ["merchant", "created_hour"] %}
    select
        created_date,
        '{{ cut | replace("created_", "") }}' as cut,
        cast({{ cut }} as varchar) as cut_value,
        {{ attempt_measures() }}
    from attempts
    group by 1, 2, 3 {{ "union all" if not loop.last }}
{% endfor %}
