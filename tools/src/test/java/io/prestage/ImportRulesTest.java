package io.prestage;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;

/** Which package may see which, so that decisions stay pure and every part can be understood without the others. */
@AnalyzeClasses(packages = "io.prestage", importOptions = ImportOption.DoNotIncludeTests.class)
final class ImportRulesTest {
    private static final String OURS = "io.prestage..";
    private static final String PROTOCOL = "io.prestage.protocol";
    private static final String NODE = "io.prestage.node";

    @ArchTest
    static final ArchRule PROTOCOL_SEES_NOTHING_OF_OURS = sees(PROTOCOL);

    @ArchTest
    static final ArchRule NODE_SEES_NODE_AND_PROTOCOL = sees(NODE + "..", PROTOCOL);

    @ArchTest
    static final ArchRule SWARM_SEES_PROTOCOL = sees(node("swarm"), PROTOCOL);

    @ArchTest
    static final ArchRule TRANSFER_SEES_PROTOCOL = sees(node("transfer"), PROTOCOL);

    @ArchTest
    static final ArchRule STORE_SEES_PROTOCOL = sees(node("store"), PROTOCOL);

    @ArchTest
    static final ArchRule ORIGIN_SEES_HTTP_AND_PROTOCOL = sees(node("origin"), node("http"), PROTOCOL);

    @ArchTest
    static final ArchRule HTTP_SEES_NOTHING_OF_OURS = sees(node("http"));

    @ArchTest
    static final ArchRule REGISTRY_SEES_HTTP_AND_PROTOCOL = sees(node("registry"), node("http"), PROTOCOL);

    @ArchTest
    static final ArchRule CLUSTER_SEES_SWARM_AND_PROTOCOL = sees(node("cluster"), node("swarm"), PROTOCOL);

    @ArchTest
    static final ArchRule MONITOR_SEES_CLUSTER_HTTP_AND_PROTOCOL =
            sees(node("monitor"), node("cluster"), node("http"), PROTOCOL);

    @ArchTest
    static final ArchRule SIMULATION_SEES_SWARM_AND_PROTOCOL =
            sees("io.prestage.simulation", node("swarm"), PROTOCOL).allowEmptyShould(true);

    @ArchTest
    static final ArchRule PACKAGES_HAVE_NO_CYCLES =
            slices().matching("io.prestage.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule PROTOCOL_AND_SWARM_HAVE_NO_SOCKETS_FILES_CLOCKS_OR_THREADS = noClasses()
            .that()
            .resideInAnyPackage(PROTOCOL, node("swarm"), "io.prestage.simulation")
            .should()
            .dependOnClassesThat(resideInAPackage("java.net")
                    .and(not(equivalentTo(InetSocketAddress.class)))
                    .or(resideInAPackage("java.nio.channels.."))
                    .or(resideInAPackage("java.nio.file.."))
                    .or(resideInAPackage("java.util.concurrent.."))
                    .or(resideInAPackage("io.netty.."))
                    .or(resideInAPackage("java.time..").and(not(equivalentTo(Duration.class))))
                    .or(equivalentTo(Thread.class)))
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis");

    private static String node(String name) {
        return NODE + "." + name;
    }

    /** The classes of one package see, of ours, only their own and those of some others. */
    private static ArchRule sees(String from, String... others) {
        String[] allowed = Arrays.copyOf(others, others.length + 1);
        allowed[others.length] = from;
        return noClasses()
                .that()
                .resideInAPackage(from)
                .should()
                .dependOnClassesThat(resideInAPackage(OURS).and(not(resideInAnyPackage(allowed))));
    }
}
