@{
    RootModule             = 'MirrorTools.Cmdlets.dll'
    ModuleVersion          = '0.1.0'
    GUID                   = 'b6b0c3f2-6d6a-4c0e-9a58-0f3d1b7d2e41'
    Author                 = 'MirrorTools'
    CompanyName            = 'MirrorTools'
    Copyright              = '(c) MirrorTools'
    Description            = 'Mirrors volumes to a second agent by flashcopy cycles, and recovers them there.'
    PowerShellVersion      = '5.1'
    DotNetFrameworkVersion = '4.7.2'
    CompatiblePSEditions   = @('Desktop', 'Core')
    FormatsToProcess       = @('MirrorTools.Format.ps1xml')
    TypesToProcess         = @()
    FunctionsToExport      = @()
    AliasesToExport        = @()
    VariablesToExport      = @()
    CmdletsToExport        = @(
        'Start-MirrorAgent', 'Stop-MirrorAgent', 'Get-MirrorAgent'
        'New-MirrorTrust', 'Get-MirrorTrust', 'Remove-MirrorTrust'
        'New-MirrorPair', 'Get-MirrorPair', 'Set-MirrorPair', 'Suspend-MirrorPair', 'Resume-MirrorPair', 'Remove-MirrorPair'
        'New-MirrorGroup', 'Get-MirrorGroup', 'Set-MirrorGroup', 'Remove-MirrorGroup'
        'Start-FlashcopyCycle', 'Stop-FlashcopyCycle', 'Wait-FlashcopyCycle', 'Get-FlashcopyCycle'
        'Set-MirrorSchedule', 'Get-MirrorSchedule'
        'Get-ConsistencyPoint', 'New-ConsistencyPoint', 'Remove-ConsistencyPoint', 'Export-ConsistencyPoint'
        'Get-GrainBitmap'
        'Get-MirrorVolume', 'Mount-MirrorVolume', 'Dismount-MirrorVolume', 'Read-MirrorVolume', 'Write-MirrorVolume'
        'Invoke-MirrorRecovery'
        'Get-MirrorEvent'
    )
    PrivateData            = @{
        PSData = @{
            Tags = @('replication', 'mirror', 'volume', 'flashcopy', 'recovery', 'nbd')
        }
    }
}
