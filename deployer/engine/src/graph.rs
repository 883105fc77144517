//! The dependency graph: order, levels, cycles. Owns no resources, only addresses (or any other key).

use std::collections::{BTreeMap, BTreeSet};

/// Nodes in an order in which every node comes after all that it depends on, or the nodes of a cycle.
/// Dependencies that are not nodes themselves are ignored. Ties are broken by the key's order, so it is stable.
pub fn topological<K: Ord + Clone>(edges: &BTreeMap<K, BTreeSet<K>>) -> Result<Vec<K>, Vec<K>> {
    let mut waiting: BTreeMap<&K, usize> = edges
        .iter()
        .map(|(node, dependencies)| {
            (node, dependencies.iter().filter(|key| edges.contains_key(*key)).count())
        })
        .collect();
    let mut dependants: BTreeMap<&K, Vec<&K>> = BTreeMap::new();
    for (node, dependencies) in edges {
        for dependency in dependencies {
            dependants.entry(dependency).or_default().push(node);
        }
    }
    let mut ready: BTreeSet<&K> =
        waiting.iter().filter(|(_, count)| **count == 0).map(|(node, _)| *node).collect();
    let mut order = Vec::with_capacity(edges.len());
    while let Some(node) = ready.pop_first() {
        waiting.remove(node);
        order.push(node.clone());
        for dependant in dependants.get(node).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(dependant) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(dependant);
                }
            }
        }
    }
    if waiting.is_empty() { Ok(order) } else { Err(cycle(edges, &waiting)) }
}

/// One cycle among the nodes that could not be ordered.
fn cycle<K: Ord + Clone>(edges: &BTreeMap<K, BTreeSet<K>>, waiting: &BTreeMap<&K, usize>) -> Vec<K> {
    let mut path: Vec<&K> = Vec::new();
    let mut at = waiting.keys().next().copied();
    while let Some(node) = at {
        if let Some(start) = path.iter().position(|seen| *seen == node) {
            return path[start..].iter().map(|node| (*node).clone()).collect();
        }
        path.push(node);
        at = edges.get(node).and_then(|next| next.iter().find(|key| waiting.contains_key(*key)));
    }
    path.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(list: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        list.iter().map(|(node, dependencies)| ((*node).to_owned(), owned(dependencies))).collect()
    }

    #[test]
    fn dependencies_come_before_their_dependants() {
        let order = topological(&edges(&[("a", &["c"]), ("b", &["a"]), ("c", &[]), ("d", &["outside"])]));
        assert_eq!(order, Ok(["c", "a", "b", "d"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn a_cycle_is_named_and_nothing_else() {
        let cycle = topological(&edges(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("x", &["a"])]));
        assert_eq!(cycle.map_err(|nodes| nodes.len()), Err(2));
    }
}
