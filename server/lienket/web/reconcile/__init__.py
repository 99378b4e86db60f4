"""Reconciliation: tables of names are linked to our IRIs, with OpenRefine or any other client.

    /reconcile          the manifest, batches of queries, data extension
    /reconcile/suggest  things, classes and properties while they are typed
    /reconcile/preview  a thing in a small frame

Reconciliation Service API 0.2, <https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/>.
"""
