-- Notes what somebody did to many jobs at once.
-- KEYS  1 the queue
-- ARGV  1 action  2 who asked  3 detail
-- Returns 1.
audit(ARGV[1], ARGV[2], ARGV[3])
return 1
