/** Makes a site boot from its data partition: the manifests of Zero Touch Provisioning, and the scripts that load images. */
package io.prestage.siteconfig;
