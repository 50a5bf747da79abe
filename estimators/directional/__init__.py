"""Directional estimators: everything built from directional derivatives along drawn tangents.

An estimator of this family is four independent choices, each a small part in a file of its own:

* the **space** it perturbs (`space`): what tangents are tangent to;
* the **directions** (`directions/`): the law the tangents are drawn from;
* the **derivative** (`derivatives/`): how f changes along a tangent is found;
* the **aggregation** (`aggregations/`): how derivatives and tangents make one estimate.

`estimator.Directional` joins them; the names users know (forward gradient, SPSA, ...) are choices of parts, listed in
`estimators.registry`.
"""
