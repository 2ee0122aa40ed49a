namespace MirrorTools.Protocols.Nbd;

/// <summary>The options that describe or choose an export: NBD_OPT_INFO, NBD_OPT_GO and the old NBD_OPT_EXPORT_NAME.</summary>
internal sealed class NbdExportSelection(NbdConnection connection, NbdExportTable exports, NbdOptionReplies replies, NbdMetaNegotiation meta)
{
    public NbdSession? AnswerInfo(uint option, ReadOnlySpan<byte> bytes, bool structuredReplies)
    {
        var payload = new NbdOptionPayload(bytes);
        if (!payload.TryReadString(out string name) || !TryReadRequests(ref payload, out bool wantsName, out bool wantsDescription))
        {
            replies.Refuse(option, NbdProtocol.RepErrInvalid, "The option is malformed.");
            return null;
        }

        if (!exports.TryGet(name, out INbdExport? export))
        {
            replies.Refuse(option, NbdProtocol.RepErrUnknown, $"There is no export '{name}'.");
            return null;
        }

        if (export.RefusalReason is string reason)
        {
            replies.Refuse(option, NbdProtocol.RepErrShutdown, reason);
            return null;
        }

        NbdSession? session = null;
        if (option == NbdProtocol.OptGo && (session = Attach(name, structuredReplies)) is null)
        {
            replies.Refuse(option, NbdProtocol.RepErrShutdown, $"The export '{name}' is being withdrawn.");
            return null;
        }

        if (wantsName)
        {
            replies.SendText(option, NbdProtocol.InfoName, export.Name);
        }

        if (wantsDescription && export.Description.Length > 0)
        {
            replies.SendText(option, NbdProtocol.InfoDescription, export.Description);
        }

        replies.SendBlockSizes(option, export.BlockSizes);
        replies.SendExport(option, Describe(export, structuredReplies));
        replies.Acknowledge(option);
        return session;
    }

    private static bool TryReadRequests(ref NbdOptionPayload payload, out bool wantsName, out bool wantsDescription)
    {
        wantsName = wantsDescription = false;
        if (!payload.TryReadUInt16(out ushort count))
        {
            return false;
        }

        for (int index = 0; index < count; index++)
        {
            if (!payload.TryReadUInt16(out ushort type))
            {
                return false;
            }

            wantsName |= type == NbdProtocol.InfoName;
            wantsDescription |= type == NbdProtocol.InfoDescription;
        }

        return payload.IsAtEnd;
    }

    public NbdSession? AnswerExportName(ReadOnlySpan<byte> bytes, bool structuredReplies, bool noZeroes)
    {
        var payload = new NbdOptionPayload(bytes);
        if (!payload.TryReadRest(out string name) || !exports.TryGet(name, out INbdExport? export) || export.RefusalReason is not null
            || Attach(name, structuredReplies) is not NbdSession session)
        {
            // This option has no way to say no but to hang up.
            return null;
        }

        Span<byte> reply = stackalloc byte[NbdExportInfo.Size + NbdProtocol.ExportNamePaddingBytes];
        reply.Clear();
        Describe(session.Export, structuredReplies).Write(reply);
        connection.Transport.Send(noZeroes ? reply[..NbdExportInfo.Size] : reply);
        return session;
    }

    private NbdSession? Attach(string name, bool structuredReplies) =>
        connection.TryAttach(name) is NbdExportEntry entry ? new NbdSession(entry, structuredReplies, meta.ChosenFor(name)) : null;

    private static NbdExportInfo Describe(INbdExport export, bool structuredReplies) =>
        new((ulong)export.LengthBytes, NbdTransmissionFlags.From(export.Features, structuredReplies));
}
