// franz-go at work: suite, cross-write, cross-read, create, feed, member.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	name         = "franz-go"
	crossRecords = 50
	crossBaseMs  = 1_700_000_000_000
)

var codecs = []string{"none", "gzip", "snappy", "lz4", "zstd"}

func codecOf(codec string) kgo.CompressionCodec {
	switch codec {
	case "gzip":
		return kgo.GzipCompression()
	case "snappy":
		return kgo.SnappyCompression()
	case "lz4":
		return kgo.Lz4Compression()
	case "zstd":
		return kgo.ZstdCompression()
	}
	return kgo.NoCompression()
}

func emit(fields ...string) {
	for i, field := range fields {
		fields[i] = strings.NewReplacer("\t", " ", "\n", " ").Replace(field)
	}
	fmt.Println(strings.Join(fields, "\t"))
}

func test(title string, body func() error) {
	started := time.Now()
	if err := body(); err != nil {
		emit("not ok", title, err.Error())
		return
	}
	emit("ok", title, fmt.Sprint(time.Since(started).Milliseconds()))
}

func equal[T comparable](actual, expected T, what string) error {
	if actual != expected {
		return fmt.Errorf("%s: got %v, expected %v", what, actual, expected)
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

type client struct {
	bootstrap string
	admin     *kadm.Client
}

func (c *client) open(options ...kgo.Opt) (*kgo.Client, error) {
	all := append([]kgo.Opt{
		kgo.SeedBrokers(c.bootstrap),
		kgo.MetadataMinAge(50 * time.Millisecond),
		kgo.FetchMaxWait(200 * time.Millisecond),
	}, options...)
	return kgo.NewClient(all...)
}

func within(seconds int) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Duration(seconds)*time.Second)
}

func (c *client) create(topic string, partitions int32, configs map[string]string) error {
	ctx, cancel := within(20)
	defer cancel()
	values := map[string]*string{}
	for key, value := range configs {
		values[key] = kadm.StringPtr(value)
	}
	if _, err := c.admin.CreateTopic(ctx, partitions, 1, values, topic); err != nil {
		return fmt.Errorf("creating %s: %w", topic, err)
	}
	for {
		listed, err := c.admin.ListTopics(ctx, topic)
		if err == nil && listed[topic].Err == nil && len(listed[topic].Partitions) == int(partitions) {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s did not show up", topic)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (c *client) produce(records []*kgo.Record, options ...kgo.Opt) error {
	producer, err := c.open(append([]kgo.Opt{kgo.RecordPartitioner(kgo.ManualPartitioner())}, options...)...)
	if err != nil {
		return err
	}
	defer producer.Close()
	ctx, cancel := within(60)
	defer cancel()
	return producer.ProduceSync(ctx, records...).FirstErr()
}

func (c *client) read(topic string, partition int32, at kgo.Offset, count int) ([]*kgo.Record, error) {
	consumer, err := c.open(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {partition: at}}))
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	return take(consumer, count)
}

func take(consumer *kgo.Client, count int) ([]*kgo.Record, error) {
	ctx, cancel := within(30)
	defer cancel()
	var records []*kgo.Record
	for len(records) < count {
		fetches := consumer.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, fmt.Errorf("%d of %d records: %w", len(records), count, err)
		}
		records = append(records, fetches.Records()...)
	}
	return records[:count], nil
}

func sample(topic string, i int) *kgo.Record {
	record := &kgo.Record{Topic: topic}
	if i%11 != 10 {
		record.Key = []byte(fmt.Sprintf("k%d", i))
	}
	if i%13 != 12 {
		record.Value = []byte(strings.Repeat(fmt.Sprintf("value %d ", i), 12))
	}
	if i%4 == 0 {
		record.Headers = []kgo.RecordHeader{
			{Key: "a", Value: []byte(fmt.Sprint(i))}, {Key: "a", Value: []byte("again")}, {Key: "null"},
		}
	}
	return record
}

func crossTopic(writer, codec string) string { return "cross." + writer + "." + codec }

func crossRecord(writer, codec string, i int) *kgo.Record {
	text := fmt.Sprintf("%s %s %d ", writer, codec, i)
	size := i*97%2000 + 1
	record := &kgo.Record{
		Topic:     crossTopic(writer, codec),
		Timestamp: time.UnixMilli(crossBaseMs + int64(i)*1000),
	}
	if i%5 != 4 || i%7 == 6 {
		record.Key = []byte(fmt.Sprintf("key-%d", i))
	}
	if i%7 != 6 {
		record.Value = []byte(strings.Repeat(text, size/len(text)+1)[:size])
	}
	if i%3 == 0 {
		record.Headers = []kgo.RecordHeader{{Key: "trace", Value: []byte(fmt.Sprintf("t-%d", i))}, {Key: "empty", Value: []byte{}}}
	}
	return record
}

// same compares key, value and headers; null and empty differ.
func same(got, wanted *kgo.Record, what string) error {
	if (got.Key == nil) != (wanted.Key == nil) || !bytes.Equal(got.Key, wanted.Key) {
		return fmt.Errorf("%s: key %q, expected %q", what, got.Key, wanted.Key)
	}
	if (got.Value == nil) != (wanted.Value == nil) || !bytes.Equal(got.Value, wanted.Value) {
		return fmt.Errorf("%s: the value differs (%d bytes, expected %d)", what, len(got.Value), len(wanted.Value))
	}
	if len(got.Headers) != len(wanted.Headers) {
		return fmt.Errorf("%s: %d headers, expected %d", what, len(got.Headers), len(wanted.Headers))
	}
	for i, header := range wanted.Headers {
		if got.Headers[i].Key != header.Key || !bytes.Equal(got.Headers[i].Value, header.Value) {
			return fmt.Errorf("%s: header %d is %v, expected %v", what, i, got.Headers[i], header)
		}
	}
	if !wanted.Timestamp.IsZero() && got.Timestamp.UnixMilli() != wanted.Timestamp.UnixMilli() {
		return fmt.Errorf("%s: timestamp %d, expected %d", what, got.Timestamp.UnixMilli(), wanted.Timestamp.UnixMilli())
	}
	return nil
}

func (c *client) roundTrip(topic string, options ...kgo.Opt) error {
	if err := c.create(topic, 1, nil); err != nil {
		return err
	}
	const count = 500
	var records []*kgo.Record
	for i := 0; i < count; i++ {
		records = append(records, sample(topic, i))
	}
	if err := c.produce(records, options...); err != nil {
		return err
	}
	read, err := c.read(topic, 0, kgo.NewOffset().AtStart(), count)
	if err != nil {
		return err
	}
	for i, record := range read {
		wanted := sample(topic, i)
		if err := first(same(record, wanted, fmt.Sprint("record ", i)), equal(record.Offset, int64(i), "offset")); err != nil {
			return err
		}
	}
	return nil
}

func numbered(topic string, partition int32, from, to int) []*kgo.Record {
	var records []*kgo.Record
	for i := from; i < to; i++ {
		records = append(records, &kgo.Record{
			Topic: topic, Partition: partition, Value: []byte(fmt.Sprint(i)), Timestamp: time.UnixMilli(crossBaseMs + int64(i)*1000),
		})
	}
	return records
}

var forever = map[string]string{"retention.ms": "-1"}

func (c *client) suite() {
	stamp := time.Now().UnixMilli() % 1_000_000
	topicOf := func(what string) string { return fmt.Sprintf("franz.%s.%d", what, stamp) }
	test("creates a topic and describes it", func() error {
		topic := topicOf("create")
		if err := c.create(topic, 3, map[string]string{"retention.ms": "7200000"}); err != nil {
			return err
		}
		if err := c.create(topic, 3, nil); !errors.Is(err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("a second creation: %v", err)
		}
		return nil
	})
	for _, codec := range codecs {
		test("round trip with "+codec+": headers, null keys, null values", func() error {
			return c.roundTrip(topicOf("codec."+codec), kgo.ProducerBatchCompression(codecOf(codec)))
		})
	}
	acks := map[string]kgo.Acks{"0": kgo.NoAck(), "1": kgo.LeaderAck(), "all": kgo.AllISRAcks()}
	for _, label := range []string{"0", "1", "all"} {
		test("produces with acks="+label, func() error {
			return c.roundTrip(topicOf("acks."+label), kgo.RequiredAcks(acks[label]), kgo.DisableIdempotentWrite())
		})
	}
	test("idempotent producing keeps order and counts", func() error { return c.idempotent(topicOf("idempotent")) })
	test("a record of 1 MB goes through, a larger one is refused", func() error { return c.large(topicOf("large")) })
	test("finds offsets by time, earliest, latest; starts there", func() error { return c.byTime(topicOf("time")) })
	test("alters and describes configs", func() error { return c.configs(topicOf("configs")) })
	test("adds partitions, deletes records and the topic", func() error { return c.partitions(topicOf("partitions")) })
	test("groups: commits, lists, describes, alters and deletes offsets, deletes", func() error { return c.groups(topicOf("groups")) })
	test("describes cluster, log directories, producers, API versions", func() error { return c.describes(topicOf("describes")) })
}

func (c *client) idempotent(topic string) error {
	if err := c.create(topic, 3, nil); err != nil {
		return err
	}
	var records []*kgo.Record
	for i := 0; i < 2000; i++ {
		for p := int32(0); p < 3; p++ {
			records = append(records, &kgo.Record{Topic: topic, Partition: p, Value: []byte(fmt.Sprint(i))})
		}
	}
	if err := c.produce(records, kgo.ProducerBatchMaxBytes(2000)); err != nil {
		return err
	}
	for p := int32(0); p < 3; p++ {
		read, err := c.read(topic, p, kgo.NewOffset().AtStart(), 2000)
		if err != nil {
			return err
		}
		for i, record := range read {
			if err := equal(string(record.Value), fmt.Sprint(i), "value"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *client) large(topic string) error {
	if err := c.create(topic, 1, nil); err != nil {
		return err
	}
	value := bytes.Repeat([]byte("0123456789"), 100_000)
	none := kgo.ProducerBatchCompression(kgo.NoCompression())
	if err := c.produce([]*kgo.Record{{Topic: topic, Value: value}}, none, kgo.ProducerBatchMaxBytes(2_000_000)); err != nil {
		return err
	}
	read, err := c.read(topic, 0, kgo.NewOffset().AtStart(), 1)
	if err != nil {
		return err
	}
	if !bytes.Equal(read[0].Value, value) {
		return errors.New("the value came back changed")
	}
	err = c.produce([]*kgo.Record{{Topic: topic, Value: make([]byte, 1_200_000)}}, none, kgo.ProducerBatchMaxBytes(2_000_000))
	if !errors.Is(err, kerr.MessageTooLarge) {
		return fmt.Errorf("1.2 MB: %v", err)
	}
	return nil
}

func (c *client) byTime(topic string) error {
	if err := c.create(topic, 1, forever); err != nil {
		return err
	}
	for start := 0; start < 100; start += 10 {
		if err := c.produce(numbered(topic, 0, start, start+10)); err != nil {
			return err
		}
	}
	ctx, cancel := within(20)
	defer cancel()
	for at, wanted := range map[int64]int64{0: 0, 42_000: 42, 41_001: 42} {
		listed, err := c.admin.ListOffsetsAfterMilli(ctx, crossBaseMs+at, topic)
		if err != nil {
			return err
		}
		offset, _ := listed.Lookup(topic, 0)
		if err := equal(offset.Offset, wanted, "offset by time"); err != nil {
			return err
		}
	}
	starts, err := c.admin.ListStartOffsets(ctx, topic)
	if err != nil {
		return err
	}
	ends, err := c.admin.ListEndOffsets(ctx, topic)
	if err != nil {
		return err
	}
	start, _ := starts.Lookup(topic, 0)
	end, _ := ends.Lookup(topic, 0)
	read, err := c.read(topic, 0, kgo.NewOffset().AfterMilli(crossBaseMs+77_000), 3)
	if err != nil {
		return err
	}
	return first(equal(start.Offset, 0, "earliest"), equal(end.Offset, 100, "latest"), equal(string(read[0].Value), "77", "value"))
}

func (c *client) configs(topic string) error {
	if err := c.create(topic, 1, nil); err != nil {
		return err
	}
	ctx, cancel := within(20)
	defer cancel()
	alter := []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: kadm.StringPtr("65536")}}
	responses, err := c.admin.AlterTopicConfigs(ctx, alter, topic)
	if err != nil || responses[0].Err != nil {
		return fmt.Errorf("altering: %v %v", err, responses)
	}
	for ctx.Err() == nil {
		described, err := c.admin.DescribeTopicConfigs(ctx, topic)
		if err != nil {
			return err
		}
		for _, config := range described[0].Configs {
			if config.Key == "max.message.bytes" && config.MaybeValue() == "65536" {
				return nil
			}
		}
	}
	return errors.New("the altered config did not show up")
}

func (c *client) partitions(topic string) error {
	if err := c.create(topic, 1, nil); err != nil {
		return err
	}
	ctx, cancel := within(20)
	defer cancel()
	created, err := c.admin.CreatePartitions(ctx, 2, topic)
	if err != nil || created[topic].Err != nil {
		return fmt.Errorf("adding partitions: %v %v", err, created)
	}
	if err := c.produce(numbered(topic, 2, 0, 20)); err != nil {
		return err
	}
	var offsets kadm.Offsets
	offsets.Add(kadm.Offset{Topic: topic, Partition: 2, At: 12})
	deleted, err := c.admin.DeleteRecords(ctx, offsets)
	if err != nil {
		return err
	}
	low, _ := deleted.Lookup(topic, 2)
	if err := equal(low.LowWatermark, 12, "low watermark"); err != nil {
		return err
	}
	removed, err := c.admin.DeleteTopics(ctx, topic)
	if err != nil || removed[topic].Err != nil {
		return fmt.Errorf("deleting: %v %v", err, removed)
	}
	for ctx.Err() == nil {
		listed, err := c.admin.ListTopics(ctx)
		if err != nil {
			return err
		}
		if !listed.Has(topic) {
			return nil
		}
	}
	return errors.New("the topic is still there")
}

func (c *client) groups(topic string) error {
	group := topic + ".group"
	if err := first(c.create(topic, 1, forever), c.produce(numbered(topic, 0, 0, 30))); err != nil {
		return err
	}
	ctx, cancel := within(40)
	defer cancel()
	join := func(check func(*kgo.Client) error) error {
		consumer, err := c.open(kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		if err != nil {
			return err
		}
		defer consumer.Close()
		return check(consumer)
	}
	err := join(func(consumer *kgo.Client) error {
		records, err := take(consumer, 10)
		if err != nil {
			return err
		}
		if err := consumer.CommitRecords(ctx, records[9]); err != nil {
			return err
		}
		described, err := c.admin.DescribeGroups(ctx, group)
		if err != nil {
			return err
		}
		return first(equal(described[group].State, "Stable", "state"), equal(len(described[group].Members), 1, "members"))
	})
	if err != nil {
		return err
	}
	fetched, err := c.admin.FetchOffsets(ctx, group)
	if err != nil {
		return err
	}
	committed, _ := fetched.Lookup(topic, 0)
	if err := equal(committed.At, 10, "offset"); err != nil {
		return err
	}
	var altered kadm.Offsets
	altered.Add(kadm.Offset{Topic: topic, Partition: 0, At: 3, LeaderEpoch: -1})
	if err := c.admin.CommitAllOffsets(ctx, group, altered); err != nil {
		return err
	}
	err = join(func(consumer *kgo.Client) error {
		records, err := take(consumer, 1)
		if err != nil {
			return err
		}
		return equal(records[0].Offset, 3, "after the altered offset")
	})
	if err != nil {
		return err
	}
	listed, err := c.admin.ListGroups(ctx)
	if err != nil || !contains(listed.Groups(), group) {
		return fmt.Errorf("not listed: %v", err)
	}
	var removed kadm.TopicsSet
	removed.Add(topic, 0)
	if _, err := c.admin.DeleteOffsets(ctx, group, removed); err != nil {
		return err
	}
	if err := c.admin.CommitAllOffsets(ctx, group, altered); err != nil {
		return err
	}
	deleted, err := c.admin.DeleteGroups(ctx, group)
	if err != nil || deleted[group].Err != nil {
		return fmt.Errorf("deleting: %v %v", err, deleted)
	}
	listed, err = c.admin.ListGroups(ctx)
	if err != nil || contains(listed.Groups(), group) {
		return fmt.Errorf("still listed: %v", err)
	}
	return nil
}

func contains(all []string, one string) bool {
	for _, value := range all {
		if value == one {
			return true
		}
	}
	return false
}

func (c *client) describes(topic string) error {
	if err := first(c.create(topic, 1, forever), c.produce(numbered(topic, 0, 0, 3))); err != nil {
		return err
	}
	ctx, cancel := within(20)
	defer cancel()
	metadata, err := c.admin.BrokerMetadata(ctx)
	if err != nil {
		return err
	}
	var set kadm.TopicsSet
	set.Add(topic, 0)
	dirs, err := c.admin.DescribeAllLogDirs(ctx, set)
	if err != nil {
		return err
	}
	sized, found := dirs[1].Lookup(anyDir(dirs), topic, 0)
	if !found || sized.Size == 0 {
		return fmt.Errorf("the partition has no size: %v", dirs)
	}
	producers, err := c.admin.DescribeProducers(ctx, set)
	if err != nil {
		return err
	}
	if active := producers[topic].Partitions[0].ActiveProducers; len(active) != 1 {
		return fmt.Errorf("active producers: %v", active)
	}
	versions, err := c.admin.ApiVersions(ctx)
	if err != nil || versions[1].Err != nil {
		return fmt.Errorf("API versions: %v %v", err, versions[1].Err)
	}
	return first(equal(len(metadata.Brokers), 1, "brokers"), equal(metadata.Controller, 1, "controller"),
		equal(len(metadata.Cluster), 22, "length of the cluster id"))
}

func anyDir(dirs kadm.DescribedAllLogDirs) string {
	for dir := range dirs[1] {
		return dir
	}
	return ""
}

func (c *client) crossWrite() error {
	for _, codec := range codecs {
		if err := c.create(crossTopic(name, codec), 1, forever); err != nil {
			return err
		}
		var records []*kgo.Record
		for i := 0; i < crossRecords; i++ {
			records = append(records, crossRecord(name, codec, i))
		}
		if err := c.produce(records, kgo.ProducerBatchCompression(codecOf(codec))); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) crossRead(writers []string) {
	for _, writer := range writers {
		test("reads what "+writer+" wrote", func() error {
			for _, codec := range codecs {
				read, err := c.read(crossTopic(writer, codec), 0, kgo.NewOffset().AtStart(), crossRecords)
				if err != nil {
					return err
				}
				for i, record := range read {
					if err := same(record, crossRecord(writer, codec, i), fmt.Sprint(codec, " record ", i)); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
}

func (c *client) feed(topic string, count, rate int) error {
	producer, err := c.open()
	if err != nil {
		return err
	}
	defer producer.Close()
	ctx, cancel := within(100)
	defer cancel()
	var failure atomic.Pointer[error]
	started := time.Now()
	for i := 0; i < count; i++ {
		record := &kgo.Record{Topic: topic, Key: []byte(fmt.Sprint(i)), Value: []byte(fmt.Sprint("record ", i))}
		producer.Produce(ctx, record, func(_ *kgo.Record, err error) {
			if err != nil {
				failure.Store(&err)
			}
		})
		time.Sleep(time.Until(started.Add(time.Duration(i+1) * time.Second / time.Duration(rate))))
	}
	if err := producer.Flush(ctx); err != nil {
		return err
	}
	if err := failure.Load(); err != nil {
		return *err
	}
	return nil
}

func (c *client) member(topic, group string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	consumer, err := c.open(
		kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(), kgo.Balancers(kgo.RangeBalancer()),
		kgo.SessionTimeout(6*time.Second), kgo.HeartbeatInterval(500*time.Millisecond),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, assigned map[string][]int32) {
			emit("assigned", fmt.Sprint(len(assigned[topic])))
		}))
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		fetches := consumer.PollRecords(ctx, 100)
		fetches.EachRecord(func(record *kgo.Record) {
			emit("record", fmt.Sprint(record.Partition), fmt.Sprint(record.Offset))
		})
		if err := consumer.CommitUncommittedOffsets(context.Background()); err != nil {
			emit("commit", err.Error())
		}
		consumer.AllowRebalance()
	}
	consumer.CloseAllowingRebalance()
	return nil
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "no mode")
		os.Exit(2)
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	bootstrap := flags.String("bootstrap", "127.0.0.1:9092", "")
	writers := flags.String("writers", "", "")
	topic := flags.String("topic", "", "")
	group := flags.String("group", "", "")
	count := flags.Int("count", 0, "")
	rate := flags.Int("rate", 1000, "")
	_ = flags.Parse(os.Args[2:])
	c := &client{bootstrap: *bootstrap}
	connection, err := c.open()
	if err == nil {
		c.admin = kadm.NewClient(connection)
		defer c.admin.Close()
		switch os.Args[1] {
		case "suite":
			c.suite()
		case "cross-write":
			err = c.crossWrite()
		case "cross-read":
			c.crossRead(strings.Split(*writers, ","))
		case "create":
			err = c.create(*topic, int32(*count), nil)
		case "feed":
			err = c.feed(*topic, *count, *rate)
		case "member":
			err = c.member(*topic, *group)
		default:
			err = fmt.Errorf("no mode %s", os.Args[1])
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
