/** How ServerMetadata tells what a service holds: an extension with its parameter, in the manner of Triton's `model_repository(unload_dependents)`. */
export const contentExtension = (digest: string): string => `sheaf_content(${digest})`;

export const digestIn = (extension: string): string | undefined => /^sheaf_content\((.+)\)$/.exec(extension)?.[1];
