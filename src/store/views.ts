/**
 * Views for people and scripts that ask the store in SQL. Names and columns are those of other health monitors and of their
 * published queries; times are UTC in SQLite's own form, so that they compare with `datetime('now', '-24 hours')`.
 *
 * The exporter writes `alive` every second. Once that is older than a minute, nothing is known about the present, and the
 * views say `unknown`. Functions that older versions of the sqlite3 program lack, such as `->>`, are not used.
 */

/** True while an exporter writes the file. */
const IS_ALIVE = "(select at from alive) / 1000 > strftime('%s', 'now') - 60";

/** One row per probe of a configured target. */
const HEALTH_CHECKS = `create view health_checks as
  select t.target as service_name, t.module,
    datetime(r.started / 1000, 'unixepoch') as timestamp,
    case when r.reason is null then 'healthy' else 'unhealthy' end as status,
    case when r.reason is null then r.duration / 1e6 end as response_time,
    r.duration / 1e6 as duration,
    reasons.reason as error_message
  from results r join targets t on t.id = r.target left join reasons on reasons.id = r.reason;`;

/** One row per configured target, with its uptime over the last 24 hours in which an exporter ran. */
const SERVICE_STATUS = `create view service_status as
  with states as (
    select json_extract(identity, '$[0]') as service_name, json_extract(identity, '$[1]') as module,
      json_extract(value, '$.consecutiveFailures') as consecutive_failures,
      json_extract(value, '$.lastSuccessAt') as last_healthy, json_extract(value, '$.lastProbeAt') as last_updated
    from (select substr(key, instr(key, '[')) as identity, value from shelves
      where shelf = 'failover' and json_valid(value) and json_valid(substr(key, instr(key, '['))))
  ), day as (
    select t.target, t.module, count(*) as probes, sum(r.reason is null) as successes
    from targets t join results r on r.target = t.id and r.started > (select at from alive) - 86400000
    group by t.id
  )
  select s.service_name, s.module,
    case when ${IS_ALIVE} then coalesce((select coalesce(json_extract(value, '$.status'), json_extract(value, '$')) from shelves
      where shelf = 'statuses' and key = 'target/' || s.service_name and json_valid(value)), 'unknown')
      else 'unknown' end as current_status,
    datetime(s.last_healthy, 'unixepoch') as last_healthy,
    s.consecutive_failures,
    day.successes * 100.0 / day.probes as uptime_percentage,
    datetime(s.last_updated, 'unixepoch') as last_updated
  from states s left join day on day.target = s.service_name and day.module = s.module;`;

/**
 * One row per change for the worse, as in reports. An alert ends with the next change of the same subject to another value;
 * fallback that is overdue ends with the fallback. The reason of a target is in the change of its status, which follows
 * the change of its health.
 */
const ALERTS = `create view alerts as
  with changes as (
    select id, at, json_extract(facts, '$.kind') as kind, json_extract(facts, '$.subject') as subject,
      json_extract(facts, '$.source') as source, json_extract(facts, '$.from') as was,
      case json_extract(facts, '$.kind') when 'overdue' then 'fallback' else json_extract(facts, '$.to') end as became,
      json_extract(facts, '$.cause') as cause, json_extract(facts, '$.detail') as detail
    from events
    where json_valid(facts)
      and json_extract(facts, '$.kind') in ('health', 'mode', 'overdue', 'heartbeat', 'group', 'component')
  ), marked as (
    select *, became is not lag(became) over subjects as changed from changes
    window subjects as (
      partition by case kind when 'overdue' then 'mode' else kind end, subject, source order by id)
  ), ended as (
    select *, min(case when changed then at end) over (
      partition by case kind when 'overdue' then 'mode' else kind end, subject, source order by id
      rows between 1 following and unbounded following) as ended_at
    from marked
  ), explained as (
    select *, coalesce(detail, cause, (select json_extract(s.facts, '$.cause') from events s
      where kind = 'health' and s.id between ended.id and ended.id + 1000 and json_valid(s.facts)
        and json_extract(s.facts, '$.kind') = 'status' and json_extract(s.facts, '$.subject') = ended.subject
        and json_extract(s.facts, '$.to') = 'unhealthy' limit 1)) as reason
    from ended
    where (kind = 'health' and became = 'unhealthy') or (kind = 'mode' and became = 'fallback') or kind = 'overdue'
      or (kind = 'heartbeat' and became = 'down') or (kind = 'group' and lower(became) = 'unhealthy')
      or (kind = 'component' and (became = 'unhealthy' or (became = 'unknown' and cause = 'silent')))
  )
  select subject as service_name,
    case kind when 'health' then 'service_down' when 'mode' then 'failover' when 'overdue' then 'fallback_overdue'
      when 'heartbeat' then 'heartbeat_down' when 'group' then 'group_unhealthy'
      else case became when 'unhealthy' then 'component_unhealthy' else 'component_silent' end end as alert_type,
    case when kind in ('mode', 'overdue') or became = 'unknown' then 'warning' else 'critical' end as severity,
    case kind when 'overdue' then 'in fallback for longer than max_duration'
      when 'heartbeat' then 'no ' || coalesce(source || ' ', '') || 'heartbeat' || coalesce(' (' || reason || ')', '')
      else became || coalesce(', was ' || was, '') || coalesce(' (' || reason || ')', '') end as message,
    datetime(at / 1000, 'unixepoch') as triggered_at,
    datetime(ended_at / 1000, 'unixepoch') as resolved_at
  from explained;`;

/** One row per push heartbeat. Only registered ones have facts in the store; those of others are in the configuration. */
const MACHINES = `create view machines as
  select json_extract(value, '$.id') as id, key as name,
    case when ${IS_ALIVE} then json_extract(value, '$.state.status') else 'unknown' end as status,
    datetime(json_extract(value, '$.state.lastSeen'), 'unixepoch') as last_seen,
    json_extract(value, '$.facts.hostname') as hostname, json_extract(value, '$.facts.description') as description
  from shelves where shelf = 'heartbeats' and json_valid(value);`;

/** One row per push heartbeat that is offline, with the time at which that was announced. */
const OFFLINE_NOTIFICATIONS = `create view machine_offline_notifications as
  select json_extract(value, '$.id') as machine_id,
    (select datetime(max(at) / 1000, 'unixepoch') from events
      where json_valid(facts) and json_extract(facts, '$.kind') = 'heartbeat'
        and json_extract(facts, '$.source') = 'push' and json_extract(facts, '$.to') = 'down'
        and json_extract(facts, '$.subject') = key) as notified_at
  from shelves
  where shelf = 'heartbeats' and json_valid(value) and json_extract(value, '$.state.status') = 'offline';`;

/** SQL that creates the views. A released one never changes: a migration drops and creates it. */
export const VIEWS = [HEALTH_CHECKS, SERVICE_STATUS, ALERTS, MACHINES, OFFLINE_NOTIFICATIONS].join("\n");
