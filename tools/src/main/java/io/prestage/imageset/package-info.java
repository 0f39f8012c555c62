/** What to stage: from what people ask for to the plan of a fleet. */
package io.prestage.imageset;
