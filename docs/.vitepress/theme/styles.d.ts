/** Styles are modules of the bundler of the site. */
declare module "*.css";
