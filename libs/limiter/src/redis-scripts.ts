/**
 * The algorithms of gcra.ts, leases.ts and quota-window.ts once more, in Lua, where Redis runs them in one atomic step. The contract suite and
 * redis-equals-memory.test.ts hold the two together.
 *
 * A rate is a string `level at`, calls at the same time are a sorted set of leases by when they run out, a quota is a string `window's start, used`.
 * Every key expires when it says nothing any more, and `slack` later, for clocks that are set.
 */
import { createHash } from 'node:crypto';

export interface Script {
  readonly source: string;
  readonly sha: string;
}

const common = `
local slack, longest, dayMs = 5000, 1e12, 86400000

local function ttl(ms) return string.format('%.0f', math.min(longest, math.max(0, math.ceil(ms)) + slack)) end

-- Redis's own clock, so that all gateways share one; a test brings its own.
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + time[2] / 1000
end

local function two(key)
  local first, second = string.match(redis.call('GET', key) or '', '^(%S+) (%S+)$')
  return tonumber(first), tonumber(second)
end

local function put(key, first, second, ms)
  redis.call('SET', key, string.format('%.17g %.17g', first, second), 'PX', ttl(ms))
end

local function levelOf(key, perSecond)
  local level, at = two(key)
  return level and math.max(0, level - math.max(0, now - at) * perSecond / 1000) or 0
end

local function putLevel(key, level, perSecond)
  if level <= 0 then redis.call('DEL', key) else put(key, level, now, level / perSecond * 1000) end
end

-- Start and end of the day or month of UTC that t is in. Months by Howard Hinnant's civil_from_days: years there begin in March.
local function windowOf(kind, t)
  local days = math.floor(t / dayMs)
  if kind == 'day' then return days * dayMs, (days + 1) * dayMs end
  local doe = (days + 719468) % 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local function yearStart(y) return 365 * y + math.floor(y / 4) - math.floor(y / 100) + math.floor(y / 400) end
  local doy = doe - yearStart(yoe)
  local month = math.floor((5 * doy + 2) / 153)
  local function monthStart(m) return math.floor((153 * m + 2) / 5) end
  local first = days - (doy - monthStart(month))
  local length = monthStart(month + 1) - monthStart(month)
  if month == 11 then length = yearStart(yoe + 1) - yearStart(yoe) - monthStart(11) end
  return first * dayMs, (first + length) * dayMs
end

local function usedOf(key, start)
  local window, used = two(key)
  return window == start and used or 0
end
`;

/**
 * ARGV: now or '', 'take' or 'look', holdMs, the lease's name, then for each key: kind, cost, burst or max, perSecond or window.
 * Answers now, then for each key how long to wait (-1: granted, -2: for ever), what remains and when it is full again.
 */
const takeSource = `${common}
local mode, hold, lease = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local margin = 1 + 1e-9
-- What of a bucket is in use, and what this call has asked of it so far: it may name a bucket twice.
local inUse, asked = {}, {}
local takes, out, ok = {}, { string.format('%.17g', now) }, mode == 'take'

for i, key in ipairs(KEYS) do
  local a = 5 + (i - 1) * 4
  local take = { kind = ARGV[a], cost = tonumber(ARGV[a + 1]), max = tonumber(ARGV[a + 2]), per = ARGV[a + 3] }
  takes[i] = take
  local used, most, later = inUse[key], take.max, 0
  if take.kind == 'rate' then
    take.per = tonumber(take.per)
    most = take.max * margin
    used = used or levelOf(key, take.per)
    later = (used + (asked[key] or 0) + take.cost - take.max) / take.per * 1000
  elseif take.kind == 'quota' then
    take.start, take.stop = windowOf(take.per, now)
    used = used or usedOf(key, take.start)
    later = take.stop - now
  elseif not used then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.17g', now))
    used = redis.call('ZCARD', key)
  end
  local before = asked[key] or 0
  inUse[key], asked[key] = used, before + take.cost
  if take.cost > most then take.wait = -2
  elseif take.cost == 0 or used + before + take.cost <= most then take.wait = -1
  else take.wait = later end
  ok = ok and take.wait == -1
end

local written = {}
for i, key in ipairs(KEYS) do
  local take = takes[i]
  local total = inUse[key] + (ok and asked[key] or 0)
  local reset = 0
  if take.kind == 'rate' then
    reset = total / take.per * 1000
    if ok and not written[key] then putLevel(key, total, take.per) end
  elseif take.kind == 'quota' then
    if total > 0 then reset = take.stop - now end
    if ok and not written[key] then put(key, take.start, total, take.stop - now) end
  elseif ok then
    redis.call('ZADD', key, string.format('%.17g', now + hold), lease .. ':' .. i)
    if redis.call('PTTL', key) < hold + slack then redis.call('PEXPIRE', key, ttl(hold)) end
  end
  written[key] = true
  out[#out + 1] = string.format('%.17g %.17g %.17g', take.wait, math.max(0, take.max - total), reset)
end
return table.concat(out, ' ')
`;

/** ARGV: now or '', when it was taken, the lease's name, then for each key: kind, difference, perSecond or window, number of the take. */
const settleSource = `${common}
local takenAt, lease = tonumber(ARGV[2]), ARGV[3]
for i, key in ipairs(KEYS) do
  local a = 4 + (i - 1) * 4
  local kind, difference, per = ARGV[a], tonumber(ARGV[a + 1]), ARGV[a + 2]
  if kind == 'rate' then
    per = tonumber(per)
    putLevel(key, levelOf(key, per) + difference, per)
  elseif kind == 'quota' then
    local start, stop = windowOf(per, takenAt)
    -- What a day has cost is no business of the next one.
    if start == windowOf(per, now) then put(key, start, math.max(0, usedOf(key, start) + difference), stop - now) end
  else
    redis.call('ZREM', key, lease .. ':' .. ARGV[a + 3])
  end
end
return ''
`;

const script = (source: string): Script => ({ source, sha: createHash('sha1').update(source).digest('hex') });

export const takeScript = script(takeSource);
export const settleScript = script(settleSource);
