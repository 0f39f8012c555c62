package io.prestage.cli;

import picocli.CommandLine.IVersionProvider;

/** Which version of Prestage this is. */
final class Version implements IVersionProvider {
    private static final String NUMBER = Version.class.getPackage().getImplementationVersion();

    /** One line for people. */
    static final String TEXT = "prestage " + (NUMBER == null ? "(not packaged)" : NUMBER);

    @Override
    public String[] getVersion() {
        return new String[] {TEXT};
    }
}
