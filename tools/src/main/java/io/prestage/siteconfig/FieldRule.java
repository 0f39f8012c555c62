package io.prestage.siteconfig;

import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What one kind of field has to hold. */
interface FieldRule {
    /** The field's name. */
    String key();

    /**
     * What the field has to become.
     *
     * @param present what it holds; nothing if it is absent
     * @return nothing if it holds that already
     * @throws IllegalArgumentException if it holds what cannot be updated, with a sentence that goes on from "the field …"
     */
    Optional<JsonNode> due(Optional<JsonNode> present);
}
