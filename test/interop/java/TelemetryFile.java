// What a broker gets of clients' metrics (KIP-714), as Kafka's own classes read it: a line for each number.
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.metrics.MetricsReporter;
import org.apache.kafka.server.telemetry.ClientTelemetry;
import org.apache.kafka.server.telemetry.ClientTelemetryReceiver;
import org.apache.kafka.shaded.io.opentelemetry.proto.common.v1.KeyValue;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.Metric;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.MetricsData;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.NumberDataPoint;

/** A plugin of the broker (metric.reporters), which writes to the file that `telemetry.file` names. */
public class TelemetryFile implements MetricsReporter, ClientTelemetry {
    private Path file;

    @Override
    public void configure(Map<String, ?> configs) {
        file = Path.of(String.valueOf(configs.get("telemetry.file")));
    }

    @Override
    public ClientTelemetryReceiver clientReceiver() {
        return (context, payload) -> {
            String head = String.join("\t",
                context.clientId(), payload.clientInstanceId().toString(), payload.contentType(),
                Boolean.toString(payload.isTerminating()));
            try {
                List<String> lines = MetricsData.parseFrom(payload.data()).getResourceMetricsList().stream()
                    .flatMap(resource -> resource.getScopeMetricsList().stream()
                        .flatMap(scope -> scope.getMetricsList().stream())
                        .flatMap(metric -> lines(head, resource.getResource().getAttributesList(), metric)))
                    .collect(Collectors.toList());
                write(lines);
            } catch (IOException unreadable) {
                write(List.of(head + "\tunreadable\t" + unreadable.getMessage()));
            }
        };
    }

    private static Stream<String> lines(String head, List<KeyValue> resource, Metric metric) {
        List<NumberDataPoint> points = metric.hasSum()
            ? metric.getSum().getDataPointsList()
            : metric.getGauge().getDataPointsList();
        String kind = metric.hasSum() ? metric.getSum().getAggregationTemporality().name() : "GAUGE";
        return points.stream().map(point -> {
            String labels = Stream.concat(resource.stream(), point.getAttributesList().stream())
                .map(label -> label.getKey() + "=" + label.getValue().getStringValue())
                .collect(Collectors.joining(","));
            double value = point.hasAsInt() ? point.getAsInt() : point.getAsDouble();
            return String.join("\t", head, kind, metric.getName(), Double.toString(value), labels);
        });
    }

    private synchronized void write(List<String> lines) {
        try {
            Files.write(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Override
    public void init(List<KafkaMetric> metrics) {}

    @Override
    public void metricChange(KafkaMetric metric) {}

    @Override
    public void metricRemoval(KafkaMetric metric) {}

    @Override
    public void close() {}
}
