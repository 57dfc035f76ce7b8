-- What people have decided, and where each decision stands by what was said of it: a function of
-- the rows alone, in any order. The rules of the store are checked again, since a row can come to
-- be
-- there in other ways; one that breaks them is not honoured. Whether a decision still holds for the
-- data is for int_verdicts to say.
with
    decisions as (
        select
            d.*,
            cast(d.decided_at as date) as decided_on,
            {{ json_value("d.before", "edition") }} as edition_seen,
            cast({{ json_value("d.before", "value_minor") }} as bigint) as value_minor,
            {{ json_value("d.before", "currency") }} as currency,
            cast(
                {{ json_value("d.before", "value_reporting_minor") }} as bigint
            ) as value_reporting_minor,
            {{ json_value("d.before", "reporting_currency") }} as reporting_currency
        from {{ ref("stg_decisions") }} as d
    ),

    proposals as (select * from decisions where kind in {{ proposals() }}),

    -- The value decides whether one person is enough, so it is taken anew from the items.
    valued as (
        select
            decision_id,
            case
                when min(kind) in ('write_off', 'adjust')
                then abs(sum(left_minor - right_minor))
                else greatest(sum(abs(left_minor)), sum(abs(right_minor)))
            end as value_minor
        from ({{ seen_items("proposals") }}) as seen
        group by decision_id
    ),

    limited as (
        select
            p.*,
            case
                when p.role not in ('analyst', 'approver', 'admin')
                then 'role_may_not_decide'
                when v.value_minor is null or v.value_minor <> p.value_minor
                then 'value_is_not_that_of_the_items'
                when p.currency = p.reporting_currency and p.value_reporting_minor <> p.value_minor
                then 'value_is_not_that_of_the_items'
            end as broken_rule,
            case
                when p.kind not in {{ limited_decisions() }}
                then false
                when own.limit_minor is not null
                then p.value_minor > own.limit_minor
                else coalesce(p.value_reporting_minor > every.limit_minor, true)
            end as needs_approval
        from proposals as p
        left join valued as v on p.decision_id = v.decision_id
        left join
            {{ ref("decision_limits") }} as own
            on own.kind = p.kind
            and own.role = p.role
            and own.currency = p.currency
            and p.decided_on between own.effective_from and own.effective_to
        left join
            {{ ref("decision_limits") }} as every
            on every.kind = p.kind
            and every.role = p.role
            and every.currency = '*'
            and p.decided_on between every.effective_from and every.effective_to
    ),

    answers as (
        select
            a.*,
            case
                when p.decision_id is null
                then 'answers_no_proposal'
                when a.role not in ('analyst', 'approver', 'admin')
                then 'role_may_not_decide'
                when a.kind <> 'revoke' and a.role not in ('approver', 'admin')
                then 'role_may_not_approve'
                when a.kind <> 'revoke' and {{ same_person("a.actor", "p.actor") }}
                then 'answers_own_decision'
            end as broken_rule
        from decisions as a
        left join proposals as p on a.about = p.decision_id
        where a.kind not in {{ proposals() }}
    ),

    -- The first honoured answer of each kind: a second one of the same kind changes nothing.
    first_answers as (
        select about, kind, min(sequence) as sequence
        from answers
        where broken_rule is null
        group by about, kind
    ),

    answered as (
        select
            a.about,
            {% for kind in ["approve", "refuse", "revoke"] %}
                max(case when a.kind = '{{ kind }}' then a.actor end) as {{ kind }}_actor,
                max(case when a.kind = '{{ kind }}' then a.decided_at end) as {{ kind }}_at
                {{ "," if not loop.last }}
            {% endfor %}
        from answers as a
        inner join
            first_answers as f on a.about = f.about and a.kind = f.kind and a.sequence = f.sequence
        group by a.about
    )

select
    p.*,
    a.approve_actor as approved_by,
    a.approve_at as approved_at,
    a.refuse_actor as refused_by,
    a.refuse_at as refused_at,
    a.revoke_actor as revoked_by,
    a.revoke_at as revoked_at,
    case
        when p.broken_rule is not null
        then 'not_honoured'
        when a.revoke_actor is not null
        then 'revoked'
        when a.refuse_actor is not null
        then 'refused'
        when p.needs_approval and a.approve_actor is null
        then 'waiting'
        else 'in_force'
    end as state
from limited as p
left join answered as a on p.decision_id = a.about
union all
select
    a.*,
    false,
    null,
    null,
    null,
    null,
    null,
    null,
    case when a.broken_rule is null then 'in_force' else 'not_honoured' end
from answers as a
