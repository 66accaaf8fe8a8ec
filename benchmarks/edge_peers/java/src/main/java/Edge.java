import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The edge's peer: Vert.x and Kafka's own producer, the same fields checked, answered when Kafka has all. */
public final class Edge extends AbstractVerticle {
    private static final int LONGEST_BODY = 1 << 20;
    private static final ObjectReader EVENTS = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(LogicalType.Textual, it -> it
                    .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .build()
            .readerFor(Event.class);

    private final Producer<String, byte[]> kafka;
    private final String topic;
    private final String host;
    private final int port;

    private Edge(Producer<String, byte[]> kafka, String topic, String host, int port) {
        this.kafka = kafka;
        this.topic = topic;
        this.host = host;
        this.port = port;
    }

    /** What is checked of an event; what else it has is passed on. */
    record Event(
            String time,
            @JsonProperty("session_id") String session,
            String platform,
            String channel,
            Long asn,
            @JsonProperty("current_cdn") String cdn,
            @JsonProperty("video_profile_kbps") Long kbps,
            @JsonProperty("heartbeat_seconds") Long heartbeat) {

        boolean isGood(Instant now) {
            return isText(session, 128) && isText(platform, 64) && isText(channel, 128)
                    && isText(cdn, 64) && isWithin(asn, 0, 4_294_967_295L) && isWithin(kbps, 0, 1_000_000)
                    && (heartbeat == null || isWithin(heartbeat, 1, 3_600)) && isTimely(now);
        }

        private boolean isTimely(Instant now) {
            try {
                Instant at = OffsetDateTime.parse(time).toInstant();
                return at.isBefore(now.plusSeconds(60)) && at.isAfter(now.minusSeconds(60 * 86_400L));
            } catch (DateTimeException | NullPointerException error) {
                return false;
            }
        }

        private static boolean isText(String value, int most) {
            return value != null && !value.isEmpty() && value.length() <= most;
        }

        private static boolean isWithin(Long value, long least, long most) {
            return value != null && value >= least && value <= most;
        }
    }

    @Override
    public void start(Promise<Void> started) {
        Router router = Router.router(vertx);
        router.post("/").handler(BodyHandler.create(false).setBodyLimit(LONGEST_BODY)).handler(this::take);
        router.get("/").handler(it -> it.response().setStatusCode(400).end());
        vertx.createHttpServer().requestHandler(router).listen(port, host)
                .<Void>mapEmpty().onComplete(started);
    }

    private void take(RoutingContext request) {
        List<ProducerRecord<String, byte[]>> records;
        try {
            records = judged(request.body().buffer().getBytes());
        } catch (IOException | IllegalArgumentException error) {
            request.response().setStatusCode(400).end();
            return;
        }
        send(request, records);
    }

    /** Give a record of each event, byte for byte as it came; throw where one is none. */
    private List<ProducerRecord<String, byte[]>> judged(byte[] body) throws IOException {
        Instant now = Instant.now();
        List<ProducerRecord<String, byte[]>> records = new ArrayList<>();
        try (JsonParser parser = EVENTS.createParser(body)) {
            boolean isArray = parser.nextToken() == JsonToken.START_ARRAY;
            if (isArray) {
                parser.nextToken();
            }
            while (parser.currentToken() == JsonToken.START_OBJECT) {
                int begin = (int) parser.currentTokenLocation().getByteOffset();
                Event event = EVENTS.readValue(parser);
                int end = (int) parser.currentLocation().getByteOffset();
                if (!event.isGood(now)) {
                    throw new IllegalArgumentException("no event");
                }
                byte[] value = Arrays.copyOfRange(body, begin, end);
                records.add(new ProducerRecord<>(topic, null, now.toEpochMilli(), event.session(), value));
                parser.nextToken();
            }
            boolean isWhole = isArray
                    ? parser.currentToken() == JsonToken.END_ARRAY && parser.nextToken() == null
                    : parser.currentToken() == null && records.size() == 1;
            if (!isWhole || records.isEmpty()) {
                throw new IllegalArgumentException("no events");
            }
        }
        return records;
    }

    private void send(RoutingContext request, List<ProducerRecord<String, byte[]>> records) {
        Context loop = vertx.getOrCreateContext();
        AtomicInteger missing = new AtomicInteger(records.size());
        AtomicReference<Exception> failed = new AtomicReference<>();
        for (ProducerRecord<String, byte[]> record : records) {
            kafka.send(record, (where, error) -> {
                if (error != null) {
                    failed.set(error);
                }
                if (missing.decrementAndGet() == 0) {
                    loop.runOnContext(it -> answer(request, records.size(), failed.get()));
                }
            });
        }
    }

    private static void answer(RoutingContext request, int accepted, Exception failed) {
        if (failed != null) {
            request.response().setStatusCode(503).end();
            return;
        }
        request.response().setStatusCode(202).putHeader("content-type", "application/json")
                .end("{\"accepted\":" + accepted + ",\"refused\":[]}");
    }

    /** Arguments: Kafka's address, the topic, host and port to listen at, event loops. */
    public static void main(String[] arguments) {
        Producer<String, byte[]> kafka = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers", arguments[0],
                        "acks", "all",
                        "enable.idempotence", true,
                        "linger.ms", 2,
                        "batch.size", 256 * 1024),
                new StringSerializer(),
                new ByteArraySerializer());
        kafka.partitionsFor(arguments[1]); // its first look would hold up an event loop
        Vertx.vertx(new VertxOptions().setPreferNativeTransport(true))
                .deployVerticle(
                        () -> new Edge(kafka, arguments[1], arguments[2], Integer.parseInt(arguments[3])),
                        new DeploymentOptions().setInstances(Integer.parseInt(arguments[4])))
                .onFailure(error -> {
                    error.printStackTrace();
                    System.exit(1);
                });
    }
}
