namespace MirrorTools.Protocols.Nbd;

/// <summary>What a client and this server agreed on before the transmission.</summary>
/// <param name="Entry">The export.</param>
/// <param name="StructuredReplies">Whether reads are answered by chunks.</param>
/// <param name="Contexts">The metadata contexts chosen; a context's id on the wire is its index plus one.</param>
internal sealed record NbdSession(NbdExportEntry Entry, bool StructuredReplies, IReadOnlyList<string> Contexts)
{
    /// <summary>The export itself.</summary>
    public INbdExport Export => Entry.Export;
}
