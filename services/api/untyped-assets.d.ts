// Files of packages that are served as they are: importing one gives its path.

declare module "swagger-ui-dist/*" {
  const path: string;
  export default path;
}
