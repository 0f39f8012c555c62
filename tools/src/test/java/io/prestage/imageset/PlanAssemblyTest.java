package io.prestage.imageset;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.prestage.node.origin.ImageReference;
import io.prestage.node.origin.Manifest;
import io.prestage.node.origin.ResolvedImage;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PlanAssemblyTest {
    @Test
    void imagesOfOneArtifactNameGetNamesOfTheirOwnEvenIfTheyAreTheSame() {
        PlanAssembly plan = new PlanAssembly("");
        plan.add(image("h.example/a/foo:v1", "one"));
        plan.add(image("h.example/b/foo:v1", "two"));
        plan.add(image("h.example/c/foo:v1", "one"));
        plan.add(image("h.example/d/foo:v1", "one"));
        List<String> names = names(plan.plan());
        assertEquals(4, names.stream().distinct().count(), names::toString);
        assertEquals("foo_v1", names.get(0));
    }

    @Test
    void aFormerImageWhoseNameIsTakenIsKeptUnderAnother() {
        PlanAssembly before = new PlanAssembly("");
        before.add(image("h.example/b/foo:v1", "two"));
        PlanAssembly plan = new PlanAssembly("");
        plan.add(image("h.example/a/foo:v1", "one"));
        plan.keep(all(before.plan()));
        assertEquals(
                List.of("h.example/a/foo:v1", "h.example/b/foo:v1"),
                plan.plan().images().stream().map(Plan.Image::source).toList());
        assertEquals(2, names(plan.plan()).stream().distinct().count());
    }

    @Test
    void aFormerImageOfTheSameReferenceIsReplaced() {
        PlanAssembly before = new PlanAssembly("");
        before.add(image("h.example/a/foo:v1", "old"));
        PlanAssembly plan = new PlanAssembly("");
        plan.add(image("h.example/a/foo:v1", "new"));
        plan.keep(all(before.plan()));
        assertEquals(
                List.of(Digest.of("new".getBytes(UTF_8)).toString()),
                plan.plan().images().stream().map(Plan.Image::manifest).toList());
    }

    @Test
    void onlyWhatIsChosenOfAFormerPlanIsKept() {
        PlanAssembly before = new PlanAssembly("");
        before.add(image("h.example/a:v1", "one"));
        before.add(image("h.example/b:v1", "two"));
        PlanAssembly plan = new PlanAssembly("");
        plan.keep(new FormerPlan(before.plan(), source -> source.equals("h.example/b:v1"), false, digest -> true));
        assertEquals(List.of("b_v1"), names(plan.plan()));
    }

    private static FormerPlan all(Plan plan) {
        return new FormerPlan(plan, source -> true, true, digest -> true);
    }

    private static List<String> names(Plan plan) {
        return plan.images().stream().map(Plan.Image::name).toList();
    }

    private static ResolvedImage image(String source, String content) {
        byte[] bytes = content.getBytes(UTF_8);
        Manifest manifest = new Manifest("application/vnd.oci.image.manifest.v1+json", bytes, Digest.of(bytes));
        return new ResolvedImage(ImageReference.parse(source), manifest, List.of(manifest), List.of());
    }
}
