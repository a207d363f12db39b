// Package commitlog is an ordered log of values in a storage.Bucket, written
// by any number of nodes that know of each other only through it. One
// conditional PUT of the next place is one commit; nothing else is a lock.
// Values that wait meanwhile share the next record. Everything made from the
// log follows it with a checkpoint of its own. The package knows nothing of
// what the values mean.
//
// # Turns
//
// Busy nodes take turns by courtesy (see turns): each record names the node
// that writes the next one. What was tried and measured, 16 callers a node:
//
//   - Racing: one of two nodes on MinIO wrote nothing for seconds.
//   - Yielding after each own commit until the others were seen: fair once
//     all were known, but who came new lost for ever, and reading the place
//     that is being written costs up to 50 ms, because MinIO lets whoever meets
//     a locked key sleep at random. Hence listing, with 1,000 keys to a folder
//     (1.2 ms at the median, as a read), wishes, and a second read when the
//     first takes long.
//   - Named turns, in the simulated time of a store with MinIO's latencies and
//     locks (TestBusyNodesShare): 2 nodes have 0.89 of the total of one and a
//     p99 of 5 times that of one, 4 nodes 0.82 and 8 times, no lost races. A
//     node 20 ms further away has a p99 of 0.6 s, one 100 ms away of 2.3 s,
//     and a node beside it keeps more than 0.4 of the total.
//
// BenchmarkBusyNodes measures the same on MinIO, where all nodes and the store
// share one machine.
package commitlog
