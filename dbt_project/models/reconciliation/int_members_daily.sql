-- Where the records of a day went, leg by leg and side by side: the sums that the proofs are made
-- of, taken once. Nearly all records are of items that match, so only the other items are looked
-- up; that a record's item exists at all is proved by the fingerprints, item by item
-- (assert_items_equal_their_members).
--
-- The fingerprints stand for the records themselves: of two sets of records that differ, the sums
-- hardly ever agree. So a record that took the place of another shows too, without a sort.
with
    unmatched as (
        select leg, match_key, status from {{ ref("int_judged") }} where status <> 'matched'
    ),

    members as (
        select
            m.leg,
            m.side,
            m.source_table,
            m.source,
            coalesce(m.processor, 'none') as processor,
            m.currency,
            m.business_date,
            case
                when m.excluded_reason is not null
                then 'excluded'
                else coalesce(i.status, 'matched')
            end as standing,
            coalesce(m.excluded_reason, 'none') as excluded_reason,
            m.amount_minor,
            {{ fingerprint("m.record_id") }} as record_print,
            case
                when m.excluded_reason is null then {{ fingerprint("m.item_key") }} else 0
            end as item_print
        from {{ ref("int_members") }} as m
        left join
            unmatched as i
            on m.leg = i.leg
            and case when m.excluded_reason is null then m.item_key end = i.match_key
    )

select
    leg,
    side,
    source_table,
    source,
    processor,
    currency,
    business_date,
    standing,
    excluded_reason,
    cast(count(*) as bigint) as records,
    {{ sum_minor("amount_minor") }} as amount_minor,
    {{ sum_minor("abs(amount_minor)") }} as abs_minor,
    sum(record_print) as records_print,
    sum(item_print) as items_print,
    sum(cast(item_print as hugeint) * amount_minor) as amounts_print
from members
group by 1, 2, 3, 4, 5, 6, 7, 8, 9
