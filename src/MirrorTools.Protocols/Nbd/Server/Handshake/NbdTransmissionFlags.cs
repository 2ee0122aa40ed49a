namespace MirrorTools.Protocols.Nbd;

/// <summary>The transmission flags that tell hosts what an export can do, and back.</summary>
internal static class NbdTransmissionFlags
{
    private static readonly (NbdExportFeatures Feature, ushort Flag)[] Pairs =
    [
        (NbdExportFeatures.ReadOnly, NbdProtocol.FlagReadOnly),
        (NbdExportFeatures.Flush, NbdProtocol.FlagSendFlush),
        (NbdExportFeatures.ForceUnitAccess, NbdProtocol.FlagSendFua),
        (NbdExportFeatures.Rotational, NbdProtocol.FlagRotational),
        (NbdExportFeatures.Trim, NbdProtocol.FlagSendTrim),
        (NbdExportFeatures.WriteZeroes, NbdProtocol.FlagSendWriteZeroes),
        (NbdExportFeatures.FastZero, NbdProtocol.FlagSendFastZero),
        (NbdExportFeatures.Cache, NbdProtocol.FlagSendCache),
        (NbdExportFeatures.MultiConnection, NbdProtocol.FlagCanMultiConnection),
    ];

    public static ushort From(NbdExportFeatures features, bool structuredReplies)
    {
        ushort flags = NbdProtocol.FlagHasFlags;
        if (structuredReplies)
        {
            flags |= NbdProtocol.FlagSendDontFragment;
        }

        foreach ((NbdExportFeatures feature, ushort flag) in Pairs)
        {
            if ((features & feature) != 0)
            {
                flags |= flag;
            }
        }

        return flags;
    }

    public static NbdExportFeatures ToFeatures(ushort flags)
    {
        NbdExportFeatures features = NbdExportFeatures.None;
        foreach ((NbdExportFeatures feature, ushort flag) in Pairs)
        {
            if ((flags & flag) != 0)
            {
                features |= feature;
            }
        }

        return features;
    }
}
