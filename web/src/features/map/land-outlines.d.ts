declare module "virtual:land-outlines/*" {
  const url: string;
  export default url;
}
