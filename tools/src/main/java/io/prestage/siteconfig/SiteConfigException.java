package io.prestage.siteconfig;

import java.io.IOException;

/** Says in one sentence why a site's manifest cannot be updated, and where the reason stands. */
public final class SiteConfigException extends IOException {
    private static final long serialVersionUID = 1L;

    SiteConfigException(String sentence) {
        super(sentence);
    }

    SiteConfigException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
