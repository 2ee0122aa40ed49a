namespace MirrorTools.Protocols.Nbd.Client;

/// <summary>What a client and its server agreed on.</summary>
/// <param name="Info">Size and flags of the export.</param>
/// <param name="BlockSizes">Its block sizes.</param>
/// <param name="StructuredReplies">Whether reads are answered by chunks.</param>
/// <param name="Contexts">The metadata contexts granted, by their id on the wire.</param>
internal sealed record NbdClientAgreement(
    NbdExportInfo Info, NbdBlockSizes BlockSizes, bool StructuredReplies, IReadOnlyDictionary<uint, string> Contexts);
