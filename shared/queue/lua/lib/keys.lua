-- The map of the keys, their names, and the numbers that several rooms share.
--
-- report:queue          zset  every unfinished job; score = the time in ms before which it must not be claimed
--                             (waiting: since when it may; delayed: its time; active: its lease's end), moved by
--                             a band per priority while it waits; large jobs wait in bands of their own. arq's
--                             clients write and read this key too.
-- arq:job:<id>          str   the payload in arq's layout, JSON; never decoded here except to adopt a stranger's
-- arq:result:<id>       str   arq's result, only for jobs that an arq client enqueued
-- report:job:<id>       hash  the record
-- report:log:<id>       list  the timeline, one JSON array [at, event, attempt, workerId, detail] each
-- report:index:<state>  zset  the jobs in that state; score = available (waiting, delayed), lease end (active),
--                             finish time (completed, failed, cancelled), all in ms
-- report:index:all      zset  every job; score = creation time in ms
-- report:wake           list  a token for each idle worker that should look at the queue
-- report:inbox:<worker> stream  messages for one worker: type, jobId, fence. Reading takes nothing out, so that
--                             a message whose reader lost its connection is read again
-- report:worker:<id>    hash  a worker's presence; report:workers zset of them by last heartbeat in ms
-- report:idem:<key>     str   "<job id> <body hash>"
-- report:idem-batch:<key> str  JSON {hash, ids} of a batch
-- report:reuse:<hash>   str   the completed job whose PDF is the answer to every report with that content hash, which
--                             covers the tenant; expires. Only jobs with the record field `reuse` get into it
-- report:webhooks       zset  messages about ended jobs that are still to be sent; score = when to try next, in ms
-- report:webhook:<id>   hash  one of them, whole, with the address and the secret that it is for
-- report:scheduler      str   the scheduler that leads, JSON {id, token, timestamp}; expires with its leadership
-- report:scheduler:token num  the last token given to a leader
-- report:pulse          num   when a sweep or a heartbeat last came, in ms
-- report:reprieve       num   until when no lease is judged, in ms; expires then
-- report:recovery:<what> list of "<when in ms> <job id> <ms since the worker's last sign of life>", newest first;
--                             what = reclaimed, completed
-- report:volume         str   the name of the volume whose files belong to these records (scheduler/orphans.py)
-- report:paused         str   present: no new claims
-- report:paused:<worker> str  present: that worker takes no more jobs
-- report:paused:<worker>:passed, report:large:passed, report:ahead:passed:<worker> str  present for a moment: a wake
--                             token was just passed on
-- report:events         stream of all changes
-- report:audit          stream of what people did that no timeline shows: action, by, detail, at
-- report:alerts         hash  since when, in ms, each alert that fires does
--
-- What only readers need:
-- report:by:<facet>:<value>:<state>  zset  the jobs of a type or of a tenant in a state; score = creation time in ms
-- report:history:<step>:<start>  hash  what happened in one minute, hour or day; expires by itself. Hours and days
--                             lack the minute that report:history:open names
-- report:history:open   str   the last minute in which something happened, in ms: not yet added to its hour and day
-- report:totals         hash  bytes: size of all published PDFs whose record is still there
-- report:text           zset  the numbers of the search text's chunks; score = time of a chunk's first line in ms
-- report:text:head      hash  chunk: the one that is written to now; lines: how many it has
-- report:text:<n>       str   lines of <id> US <kind> US <text> LF; kind s: as submitted, f: why it failed
-- report:textz:<n>      str   the same chunk once it is full, deflated by the first reader that needs to
--
-- Times come from Redis's own clock. Scripts keep to what Redis 7.0 knows.

local QUEUE = KEYS[1]
local JOB, LOG, INDEX, PAYLOAD = 'report:job:', 'report:log:', 'report:index:', 'arq:job:'
local EVENTS, PAUSED, WAKE = 'report:events', 'report:paused', 'report:wake'
local MAX_LOG, MAX_EVENTS = 200, 20000

-- The width of a priority's band of scores, in ms: wider than any time until the year 2286.
local BAND = 1e13
local DEFAULT_PRIORITY = 5
-- How far behind the others' bands those of large jobs are, so that a claim can take the ones and leave the others.
local LARGE = 20 * BAND
-- Between the bands of the two kinds.
local LARGE_BEGIN = LARGE / 2
