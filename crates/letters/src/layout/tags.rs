//! What the parts of a file mean: the tree that screen readers follow.

use krilla::geom::Rect;
use krilla::tagging::{BBox, Identifier, TagGroup, TagKind, TagTree};
use std::collections::HashMap;

/// A part of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Node(usize);

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// An address.
    Web(String),
    /// An anchor on a page of the same file; with the words that name it.
    Anchor(usize, String),
}

/// The parts and what they belong to. Their order comes later, from the order in which they are painted.
#[derive(Default)]
pub(crate) struct Tags {
    nodes: Vec<(TagKind, Option<Node>)>,
    links: HashMap<Node, Target>,
}

impl Tags {
    /// A new part inside of `parent`, or of the document.
    pub(crate) fn add(&mut self, parent: Option<Node>, kind: impl Into<TagKind>) -> Node {
        self.nodes.push((kind.into(), parent));
        Node(self.nodes.len() - 1)
    }

    /// Makes a part a link.
    pub(crate) fn link(&mut self, node: Node, target: Target) {
        self.links.insert(node, target);
    }

    /// Where a part leads, if it is a link.
    pub(crate) fn target(&self, node: Node) -> Option<&Target> {
        self.links.get(&node)
    }
}

enum Child {
    Node(usize),
    Leaf(Identifier),
}

/// The tree while pages are painted: a part joins its parent when its first content is painted.
pub(crate) struct Growing<'a> {
    tags: &'a Tags,
    children: Vec<Vec<Child>>,
    joined: Vec<bool>,
    roots: Vec<usize>,
    boxes: HashMap<usize, BBox>,
}

impl<'a> Growing<'a> {
    /// A tree without content.
    pub(crate) fn new(tags: &'a Tags) -> Self {
        let children = tags.nodes.iter().map(|_| vec![]).collect();
        Self { tags, children, joined: vec![false; tags.nodes.len()], roots: vec![], boxes: HashMap::new() }
    }

    /// Hangs painted content into a part.
    pub(crate) fn leaf(&mut self, node: Node, leaf: Identifier) {
        self.join(node.0);
        if let Some(children) = self.children.get_mut(node.0) {
            children.push(Child::Leaf(leaf));
        }
    }

    /// Notes where a figure stands.
    pub(crate) fn place(&mut self, node: Node, page: usize, rect: Rect) {
        self.boxes.insert(node.0, BBox::new(page, rect));
    }

    fn join(&mut self, mut node: usize) {
        while let Some(joined) = self.joined.get_mut(node)
            && !*joined
        {
            *joined = true;
            let Some((_, parent)) = self.tags.nodes.get(node) else { return };
            let Some(parent) = parent else {
                self.roots.push(node);
                return;
            };
            if let Some(siblings) = self.children.get_mut(parent.0) {
                siblings.push(Child::Node(node));
            }
            node = parent.0;
        }
    }

    /// The tree as the PDF writer takes it.
    pub(crate) fn finish(mut self, language: &str) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some(language.to_owned()));
        for root in std::mem::take(&mut self.roots) {
            if let Some(group) = self.group(root) {
                tree.push(group);
            }
        }
        tree
    }

    fn group(&mut self, node: usize) -> Option<TagGroup> {
        let mut kind = self.tags.nodes.get(node)?.0.clone();
        if let (TagKind::Figure(figure), Some(place)) = (&mut kind, self.boxes.get(&node)) {
            figure.set_bbox(Some(*place));
        }
        let mut group = TagGroup::new(kind);
        for child in std::mem::take(self.children.get_mut(node)?) {
            match child {
                Child::Leaf(leaf) => group.push(leaf),
                Child::Node(node) => {
                    if let Some(inner) = self.group(node) {
                        group.push(inner);
                    }
                }
            }
        }
        Some(group)
    }
}
