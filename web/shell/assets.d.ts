// What the bundler makes of an imported file: its address.

declare module "*.svg" {
  const url: string;
  export default url;
}
