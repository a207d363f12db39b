// Package commitlog is an ordered log of values in a storage.Bucket, written
// by any number of nodes that know of each other only through it. One
// conditional PUT of the next place is one commit; nothing else is a lock.
// Values that wait meanwhile share the next record. Everything made from the
// log follows it with a checkpoint of its own. The package knows nothing of
// what the values mean.
package commitlog
