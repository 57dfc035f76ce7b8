-- The networks' monitoring programmes: how a merchant stands each month against the thresholds that
-- hold then. Only merchants with a chargeback in the month can be in one; '*' is the company.
with
    chargebacks as (
        select month, card_brand, merchant_id, is_chargeback, is_fraud
        from {{ ref("int_disputes") }}
        where is_chargeback = 1 and method <> 'card_present'
    ),

    captures as (
        select {{ first_of_month("captured_date") }} as month, card_brand, merchant_id
        from {{ ref("int_attempts") }}
        where is_captured = 1 and method <> 'card_present'
    ),

    -- The company is there with every month that it captured or was charged back in.
    disputed as (
        select month, card_brand, merchant_id, count(*) as chargebacks, sum(is_fraud) as fraud
        from chargebacks
        group by 1, 2, 3
        union all
        select month, card_brand, '*', sum(is_chargeback), sum(is_fraud)
        from
            (
                select month, card_brand, is_chargeback, is_fraud
                from chargebacks
                union all
                select month, card_brand, 0, 0
                from captures
            ) as either
        group by 1, 2
    ),

    watched as (select distinct card_brand, merchant_id from chargebacks),

    transactions as (
        select c.month, c.card_brand, c.merchant_id, count(*) as transactions
        from captures as c
        inner join watched as w on c.card_brand = w.card_brand and c.merchant_id = w.merchant_id
        group by 1, 2, 3
        union all
        select month, card_brand, '*', count(*)
        from captures
        group by 1, 2
    ),

    counted as (
        select
            p.programme,
            d.month,
            d.merchant_id,
            p.card_brand,
            p.threshold_bps,
            p.minimum_count,
            p.base_months_before,
            p.counts_fraud_reports,
            cast(d.chargebacks as bigint) as chargebacks,
            -- An issuer that disputes a fraud reports it too, and a network that counts both
            -- counts it twice.
            cast(
                case when p.counts_fraud_reports then d.fraud else 0 end as bigint
            ) as fraud_reports,
            cast(coalesce(t.transactions, 0) as bigint) as transactions,
            {{ add_months("d.month", "- p.base_months_before") }} as base_month,
            c.as_of
        from disputed as d
        inner join
            {{ ref("dispute_programmes") }} as p
            on d.card_brand = p.card_brand
            and d.month between p.effective_from and p.effective_to
        left join
            transactions as t
            on t.card_brand = d.card_brand
            and t.merchant_id = d.merchant_id
            and t.month = {{ add_months("d.month", "- p.base_months_before") }}
        cross join {{ ref("int_as_of") }} as c
    ),

    judged as (
        select
            counted.*,
            chargebacks + fraud_reports as items,
            case
                when
                    transactions > 0
                    and (chargebacks + fraud_reports) * 10000 >= threshold_bps * transactions
                then 1
                else 0
            end as is_above_ratio,
            -- As many items as make a breach. A base of the month itself grows at the same pace, so
            -- that only the number of items is left to reach.
            greatest(
                minimum_count,
                case
                    when base_months_before = 0
                    then 0
                    else {{ divide_whole("threshold_bps * transactions + 9999", "10000") }}
                end
            ) as items_to_breach,
            case
                when {{ first_of_month("as_of") }} = month
                then cast(extract(day from as_of) as integer)
            end as days_elapsed,
            cast(
                extract(
                    day from {{ add_days(first_of_month(add_days("month", "31")), "-1") }}
                ) as integer
            ) as days_of_month
        from counted
    ),

    paced as (
        select
            judged.*,
            case
                when items >= minimum_count and is_above_ratio = 1
                then 0
                when is_above_ratio = 1 or (base_months_before > 0 and transactions > 0)
                then
                    {{
                        divide_whole(
                            "(items_to_breach - items) * days_elapsed + items - 1",
                            "nullif(items, 0)",
                        )
                    }}
            end as days_at_this_pace
        from judged
    )

select
    programme,
    month,
    merchant_id,
    card_brand,
    chargebacks,
    fraud_reports,
    items,
    base_month,
    transactions,
    {{ divide_rounded("items * 10000", "transactions") }} as ratio_bps,
    threshold_bps,
    minimum_count,
    items >= minimum_count and is_above_ratio = 1 as is_breached,
    cast(days_elapsed as integer) as days_elapsed,
    cast(
        case
            when days_elapsed + days_at_this_pace <= days_of_month then days_at_this_pace
        end as integer
    ) as days_to_breach
from paced
