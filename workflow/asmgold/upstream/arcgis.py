"""Downloads a layer of an ArcGIS server. The server limits the features of one answer, so they come in batches."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from asmgold.errors import RefusedError
from asmgold.io.files import whole_file
from asmgold.upstream.checks import read_json, refuse_error_object
from asmgold.upstream.client import Answer, Client, mirrored

BATCH = 1000  # features in a request; where a server gives fewer, the next requests are for as many as it gave


def download_in_batches(label: str, url: str, target: Path, client: Client) -> Answer:
    """Download all features that a query matches, as GeoJSON in the order of their ids.

    The first request is for the ids of all features, whose number is not limited; the others are for the features from
    one id to another. This works with every version of ArcGIS, also with those that do not support `resultOffset`.

    Parameters
    ----------
    label : what to call it in messages
    url : a query of the layer that answers with GeoJSON: `.../MapServer/0/query?where=...&f=geojson`
    target : where to write it
    client : the settings of the download

    Raises
    ------
    UnreachableError, InputError : as `asmgold.upstream.client.Client.download`
    RefusedError : an answer is no JSON, is an error, or lacks features that the server has just named
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))

    def request(**changed: str) -> dict[str, Any]:
        whole = urlunsplit(parts._replace(query=urlencode(query | changed, quote_via=quote)))
        answer = target.with_name("batch.json")
        client.download(label, whole, answer)
        content = read_json(answer, label)
        refuse_error_object(content, label)
        if not isinstance(content, dict):
            raise RefusedError(f"{label}: {parts.netloc} answers with JSON that is no object")
        return content

    named = request(returnIdsOnly="true", f="json")
    field, ids = named.get("objectIdFieldName"), named.get("objectIds")
    if not isinstance(field, str) or not isinstance(ids, list) or not all(type(one) is int for one in ids):
        raise RefusedError(f"{label}: {parts.netloc} does not name the ids of its features, objectIds were expected")
    ids.sort()
    features: list[Any] = []
    size, is_known = BATCH, False
    while len(features) < len(ids):
        batch = ids[len(features) : len(features) + size]
        where = f"({query.get('where', '1=1')}) AND {field} >= {batch[0]} AND {field} <= {batch[-1]}"
        found = request(where=where).get("features")
        found = found if isinstance(found, list) else []
        if len(found) != len(batch):
            if is_known or not 0 < len(found) < len(batch):
                raise RefusedError(
                    f"{label}: {parts.netloc} gives {len(found)} of {len(batch)} features that it has named"
                )
            size, is_known = len(found), True
            continue
        features += sorted(found, key=_id) if all(type(_id(one)) is int for one in found) else found
    content = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode("utf-8")
    with whole_file(target) as file:
        file.write(content)
    return Answer(mirrored(url, client.mirror), True, hashlib.sha256(content).hexdigest(), len(content))


def _id(feature: Any) -> Any:
    return feature.get("id") if isinstance(feature, dict) else None
