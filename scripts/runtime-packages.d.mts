/** Returns the names of all packages that the modules of `src` import, and of those that these need, sorted. */
export declare function runtimePackages(): string[];
