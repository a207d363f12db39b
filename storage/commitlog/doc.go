// Package commitlog is an ordered log of values in a storage.Bucket, written
// by any number of nodes that need to know of each other only through it. One
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
//     p99 of 4 to 5 times that of one, 4 nodes 0.85 and 6 to 7 times, hardly a
//     lost race. A node 20 ms further away has a p99 of 0.6 s, one 100 ms away
//     of 1 s, and together with a near node they keep half of the total of one.
//   - The same on real MinIO (BenchmarkBusyNodes), with all nodes and the store
//     on two cores: one node 5,000 commits a second and a p99 of 7 ms; 2 nodes
//     0.63 of that total and a p99 of 47 ms, 6.7 times; 4 nodes 0.42 and
//     118 ms, 17 times. Nobody starves: the shares of the nodes differ by less
//     than a fifth, and hardly a race is lost. The aim of 0.7 and 10 times is
//     not met there. Rounds of 18 and 28 PUTs instead of 12 raised the total
//     to 0.43 and 0.47 and the p99 to 24 and 29 times; looking less often
//     changed nothing. The nodes themselves took less than half a core.
//   - With hints (see Heard, and package peer), in turns with nodes that only
//     look, on the same two cores and nothing else on them: 2 nodes 0.87 of the
//     total of one and 5.0 times its p99 (without hints 0.70 and 6.7), 4 nodes
//     0.56 and 17 times (0.48 and 21). So the aim is met with 2 nodes and not
//     with 4: what is left is the work of the others for each record, which
//     they read, decode and apply on the same cores. A PUT costs 2.1 ms of CPU
//     at both ends, a read 0.5 ms, decoding 64 KB of JSON 0.24 ms.
//   - With hints that bring the record, so that one read vouches for several
//     (see Heard): per record of 4 nodes 4.1 ms of CPU in all instead of 4.4
//     with bare hints and 7.7 without any; alone 1.7. In turns with those,
//     while other programs took three quarters of the cores: 2 nodes 0.84 of
//     the total of one and 2.0 times its p99 (bare hints 0.72 and 3.3, none
//     0.61 and 2.8), 4 nodes 0.52 and 9.0 times (0.49 and 7.4, 0.39 and 11.7).
package commitlog
