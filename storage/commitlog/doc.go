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
//     locks (TestBusyNodesShare): 2 nodes have 0.9 of the total of one and a
//     p99 of 4 to 5 times that of one, 4 nodes 0.8 and 7 to 8 times, no lost
//     races. A node 20 ms further away has a p99 of 0.5 s, one 100 ms away of
//     1 s, and together with a near node they keep half of the total of one.
//   - The same on real MinIO (BenchmarkBusyNodes), with all nodes, the store
//     and other programs on two cores: 2 nodes 0.55 to 0.65 of the total and a
//     p99 of 4 to 8 times, 4 nodes 0.3 to 0.4 and 11 to 19 times, without
//     starving: the shares of the nodes differ by less than half. There the
//     processor is the limit: every node reads and decodes every record.
package commitlog
