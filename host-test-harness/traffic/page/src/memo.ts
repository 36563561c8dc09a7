// A component that is rendered again only if one of its properties has changed.
import { Component, type ComponentChildren, h } from "preact";

export function memo<P extends object>(render: (props: P) => ComponentChildren) {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const names = Object.keys(next) as (keyof P)[];
      return names.some((name) => next[name] !== this.props[name]);
    }

    override render() {
      return h(render, this.props);
    }
  };
}
