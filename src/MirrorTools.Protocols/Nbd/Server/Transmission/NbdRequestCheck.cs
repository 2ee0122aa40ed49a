namespace MirrorTools.Protocols.Nbd;

/// <summary>Whether a request may reach the export: everything that can be told from its head.</summary>
internal sealed class NbdRequestCheck(INbdExport export, bool structuredReplies, bool hasContexts)
{
    private readonly ulong _lengthBytes = (ulong)export.LengthBytes;
    private readonly NbdExportFeatures _features = export.Features;
    private readonly uint _maximumBytes = (uint)export.BlockSizes.MaximumBytes;
    private readonly uint _alignmentMask = (uint)export.BlockSizes.MinimumBytes - 1;

    /// <summary>The error the request ends with, or none. <paramref name="complaint"/> is a sentence for the client, set with an error.</summary>
    public NbdError Check(in NbdRequestHeader request, out string? complaint)
    {
        complaint = null;
        if ((request.Flags & ~AllowedFlags(request.Command)) != 0)
        {
            complaint = "The request has flags that were not offered for this command.";
            return NbdError.Invalid;
        }

        if (RequiredFeature(request.Command) is NbdExportFeatures feature && (feature == NbdExportFeatures.None || (_features & feature) == 0))
        {
            complaint = "The export does not offer this command.";
            return NbdError.Invalid;
        }

        if (request.Command == NbdCommand.Flush)
        {
            return NbdError.None;
        }

        bool changes = request.Command is NbdCommand.Write or NbdCommand.WriteZeroes or NbdCommand.Trim;
        if (changes && (_features & NbdExportFeatures.ReadOnly) != 0)
        {
            complaint = "The export is read-only.";
            return NbdError.NotPermitted;
        }

        if (request.OffsetBytes > _lengthBytes || request.LengthBytes > _lengthBytes - request.OffsetBytes)
        {
            complaint = "The request reaches past the end of the export.";
            return request.Command is NbdCommand.Write or NbdCommand.WriteZeroes ? NbdError.NoSpace : NbdError.Invalid;
        }

        if ((((uint)request.OffsetBytes | request.LengthBytes) & _alignmentMask) != 0)
        {
            complaint = "The request is not aligned to the export's minimum block size.";
            return NbdError.Invalid;
        }

        return CheckLength(request, out complaint);
    }

    private NbdError CheckLength(in NbdRequestHeader request, out string? complaint)
    {
        complaint = null;
        if (request.Command is NbdCommand.Read or NbdCommand.Write && request.LengthBytes > _maximumBytes)
        {
            complaint = "The payload is larger than the export's maximum block size.";
            return NbdError.Invalid;
        }

        if (request.Command == NbdCommand.BlockStatus && (request.LengthBytes == 0 || !hasContexts))
        {
            complaint = "Block status needs a length and a metadata context that was negotiated.";
            return NbdError.Invalid;
        }

        return NbdError.None;
    }

    private int AllowedFlags(NbdCommand command)
    {
        int common = (_features & NbdExportFeatures.ForceUnitAccess) != 0 ? NbdProtocol.CommandFua : 0;
        return command switch
        {
            NbdCommand.Read => common | (structuredReplies ? NbdProtocol.CommandDontFragment : 0),
            NbdCommand.WriteZeroes =>
                common | NbdProtocol.CommandNoHole | ((_features & NbdExportFeatures.FastZero) != 0 ? NbdProtocol.CommandFastZero : 0),
            NbdCommand.BlockStatus => common | NbdProtocol.CommandRequestOne,
            _ => common,
        };
    }

    /// <summary>What the export must offer for the command: null for nothing, <see cref="NbdExportFeatures.None"/> where the command is not known.</summary>
    private static NbdExportFeatures? RequiredFeature(NbdCommand command) => command switch
    {
        NbdCommand.Read or NbdCommand.Write or NbdCommand.BlockStatus => null,
        NbdCommand.Flush => NbdExportFeatures.Flush,
        NbdCommand.Trim => NbdExportFeatures.Trim,
        NbdCommand.WriteZeroes => NbdExportFeatures.WriteZeroes,
        NbdCommand.Cache => NbdExportFeatures.Cache,
        _ => NbdExportFeatures.None,
    };
}
