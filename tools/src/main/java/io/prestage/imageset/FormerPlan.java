package io.prestage.imageset;

import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.util.function.Predicate;

/**
 * What a folder keeps of the plan that it held before.
 *
 * @param plan what it held, or was to hold
 * @param sources which of its images are kept, by the reference that each was asked for by
 * @param files whether its plain files are
 * @param present whether the folder holds a blob, verified
 */
public record FormerPlan(Plan plan, Predicate<String> sources, boolean files, Predicate<Digest> present) {}
