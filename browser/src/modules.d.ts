declare module "lucide:*" {
  /** The shapes inside the icon's `<svg>`. */
  const shapes: string;
  export default shapes;
}
