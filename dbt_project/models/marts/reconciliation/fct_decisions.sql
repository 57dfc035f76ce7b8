-- Every decision of a person and what became of it. An answer to another decision is in force or
-- not
-- honoured; a proposal also waits, is refused or revoked, or has lapsed.
with
    -- All items of a decision have the same verdict.
    verdicts as (
        select decision_id, min(verdict) as verdict, min(because) as because
        from {{ ref("int_verdicts") }}
        group by decision_id
    )

select
    d.decision_id,
    d.sequence,
    d.kind,
    coalesce(v.verdict, d.state) as state,
    case
        when d.broken_rule is not null
        then d.broken_rule
        when v.verdict = 'lapsed'
        then v.because
        when d.state = 'waiting'
        then 'above_the_limit'
    end as because,
    d.leg,
    d.item_ids,
    d.about,
    d.reason_code,
    r.title as reason,
    d.note,
    d.actor,
    d.role,
    cast(d.decided_at as timestamptz) as decided_at,
    d.needs_approval,
    d.approved_by,
    cast(d.approved_at as timestamptz) as approved_at,
    d.refused_by,
    cast(d.refused_at as timestamptz) as refused_at,
    d.revoked_by,
    cast(d.revoked_at as timestamptz) as revoked_at,
    d.value_minor,
    d.currency,
    d.value_reporting_minor,
    d.reporting_currency,
    d.edition_seen,
    d.before,
    d.after,
    d.record_id,
    d.source_file_sha256,
    d.source_line
from {{ ref("int_decisions") }} as d
left join verdicts as v on d.decision_id = v.decision_id
left join {{ ref("reason_codes") }} as r on d.reason_code = r.reason_code
