// Renders a component again only when one of its props is another one: for long lists of which a line changes.

import { Component, type ComponentType } from "preact";

export function whenChanged<P extends object>(Painted: ComponentType<P>): ComponentType<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const keys = Object.keys(next) as (keyof P)[];
      return keys.some((key) => next[key] !== this.props[key]);
    }

    override render() {
      return <Painted {...(this.props as P)} />;
    }
  };
}
