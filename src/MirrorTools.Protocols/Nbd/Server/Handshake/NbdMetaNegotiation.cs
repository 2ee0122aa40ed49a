namespace MirrorTools.Protocols.Nbd;

/// <summary>The two options about metadata contexts, and what the client has chosen.</summary>
internal sealed class NbdMetaNegotiation(NbdExportTable exports, NbdOptionReplies replies)
{
    private const int MaxQueries = 64;

    private string _exportName = "";
    private string[] _chosen = [];

    /// <summary>The contexts chosen for this export; none where they were chosen for another.</summary>
    public IReadOnlyList<string> ChosenFor(string exportName) => exportName == _exportName ? _chosen : [];

    public void Forget() => _chosen = [];

    public void Answer(uint option, ReadOnlySpan<byte> bytes, bool structuredReplies)
    {
        bool isSet = option == NbdProtocol.OptSetMetaContext;
        if (isSet)
        {
            Forget();
        }

        if (!structuredReplies)
        {
            replies.Refuse(option, NbdProtocol.RepErrInvalid, "Ask for structured replies first.");
            return;
        }

        if (!TryReadQueries(bytes, out string exportName, out List<string> queries))
        {
            replies.Refuse(option, NbdProtocol.RepErrInvalid, "The list of contexts is malformed or too long.");
            return;
        }

        if (!exports.TryGet(exportName, out INbdExport? export))
        {
            replies.Refuse(option, NbdProtocol.RepErrUnknown, $"There is no export '{exportName}'.");
            return;
        }

        string[] matches = [.. export.MetaContexts.Where(context => isSet ? queries.Contains(context) : IsListed(context, queries))];
        for (int index = 0; index < matches.Length; index++)
        {
            replies.SendContext(option, isSet ? (uint)index + 1 : 0, matches[index]);
        }

        if (isSet)
        {
            (_exportName, _chosen) = (exportName, matches);
        }

        replies.Acknowledge(option);
    }

    /// <summary>A listing may ask for a whole namespace ("base:"), or, by no query, for all.</summary>
    private static bool IsListed(string context, List<string> queries) =>
        queries.Count == 0 || queries.Any(query => query == context || (query.EndsWith(':') && context.StartsWith(query, StringComparison.Ordinal)));

    private static bool TryReadQueries(ReadOnlySpan<byte> bytes, out string exportName, out List<string> queries)
    {
        queries = [];
        var payload = new NbdOptionPayload(bytes);
        if (!payload.TryReadString(out exportName) || !payload.TryReadUInt32(out uint count) || count > MaxQueries)
        {
            return false;
        }

        for (uint index = 0; index < count; index++)
        {
            if (!payload.TryReadString(out string query))
            {
                return false;
            }

            queries.Add(query);
        }

        return payload.IsAtEnd;
    }
}
